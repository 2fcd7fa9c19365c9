//! The service over real HTTP: each rule of the interface by name.

mod deciding;
mod desk;
mod documents;
mod edge;
mod erasure;
mod evaluations;
mod floods;
mod gaps;
mod house;
mod hygiene;
mod identity;
mod isolation;
mod listening;
mod merge_cases;
mod others_defects;
mod pages;
mod sessions;
mod storage;
mod strangers;
