//! The service over real HTTP: each rule of the interface by name.

mod command;
mod deciding;
mod desk;
mod documents;
mod edge;
mod erasure;
mod evaluations;
mod explaining;
mod floods;
mod gaps;
mod house;
mod hygiene;
mod identity;
mod importing;
mod isolation;
mod listening;
mod merge_cases;
mod others_defects;
mod pages;
mod post;
mod receiver;
mod restoring;
mod sessions;
mod storage;
mod strangers;
mod webhooks;
