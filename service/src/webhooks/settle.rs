//! What became of an attempt, written down.

use crate::clock::Chance;
use crate::live::{Happened, What};
use crate::log::log;
use crate::metrics::count;
use crate::problem::Problem;
use crate::state::Core;
use crate::store::Change;
use crate::store::post::{Endpoint, Message, Posting};
use crate::writer::{Ask, Group};

use super::attempt::End;
use super::schedule;

pub(super) struct Settle {
    pub site: String,
    pub posting: Posting,
}

impl Ask for Settle {
    type Answer = ();

    fn run(&self, group: &mut Group<'_>) -> Result<(), Problem> {
        group.apply(&Change::Post(self.posting.clone()))?;
        if matches!(self.posting, Posting::Disable { .. }) {
            group.apply(&Change::Generation)?;
            group.move_directory();
        }
        if !matches!(self.posting, Posting::Delivered { .. }) {
            group.happened(Happened { site: self.site.clone(), what: What::Undelivered });
        }
        Ok(())
    }
}

/// What is to be written after an attempt that ended like this.
pub(super) fn settled(core: &Core, endpoint: &Endpoint, message: &Message, end: End) -> Settle {
    let (row, id, at) = (message.row, message.id.clone(), core.now());
    let posting = match end {
        End::Delivered { status } => {
            count(&core.metrics.delivered);
            Posting::Delivered { row, id, status, at }
        }
        End::Gone { status } => {
            count(&core.metrics.undelivered);
            log(format_args!(
                "webhook {} answered 410 and is told no more; candor webhook add puts it to use again",
                endpoint.id
            ));
            Posting::Disable { id: endpoint.id.clone(), status, at }
        }
        End::Failed { status, retry_after_ms } => {
            count(&core.metrics.undelivered);
            match schedule::pause_ms(message.attempts + 1, retry_after_ms, random(&*core.chance)) {
                Some(pause) => Posting::Again { row, id, status, next: candor_protocol::Timestamp(at.0 + pause) },
                None => {
                    count(&core.metrics.dead_letters);
                    log(format_args!(
                        "webhook {}: a message is given up ({status}); the desk can send it again",
                        endpoint.id
                    ));
                    Posting::Dead { row, id, status, at }
                }
            }
        }
    };
    Settle { site: endpoint.site.clone(), posting }
}

/// Evenly from 0 to 1.
fn random(chance: &dyn Chance) -> f64 {
    let mut bytes = [0u8; 4];
    chance.fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
