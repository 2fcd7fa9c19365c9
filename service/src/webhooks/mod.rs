//! Webhooks in the [Standard Webhooks](https://www.standardwebhooks.com) form: the shop's own
//! systems hear of each change that took effect.
//!
//! * [`outbox`] writes a message in the transaction of the change itself, so that no acknowledged
//!   change can lack its message.
//! * The courier ([`run`]) sends what is due: of one subject one after the other, of different
//!   subjects side by side. Everything it knows is in the store, so a restart goes on where it was.
//! * [`schedule`] says when a failed message is tried again, and when it is given up.
//! * [`signature`] signs, also with the secret before the last while receivers change over.
//!
//! Delivery is at least once; `webhook-id` stays the same, and a receiver that keeps the highest
//! `rev` of a subject and epoch loses nothing to a repetition.

pub mod address;
mod attempt;
mod courier;
pub mod outbox;
pub mod schedule;
mod settle;
pub mod signature;

pub use courier::run;
