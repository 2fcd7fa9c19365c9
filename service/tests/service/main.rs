//! The service over real HTTP: each rule of the interface by name.

mod command;
mod deciding;
mod desk;
mod documents;
mod edge;
mod erasure;
mod evaluations;
mod house;
mod importing;
mod isolation;
mod listening;
mod merge_cases;
mod pages;
mod receiver;
mod restoring;
mod sessions;
mod storage;
mod webhooks;
