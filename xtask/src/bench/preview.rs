//! The preview that comes true, through the running service: customers of real
//! orders allow some sources, get a list, see what it would be without one of
//! them or without one datum, decide just that, and get a list again.
//!
//! In the same run every document's sums are checked, and what was planted in
//! sources that are not allowed is looked for in everything that came out.

mod canary;
mod case;
mod service;
mod shop;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use anyhow::{Result, bail};

use super::recommender::{Seeded, orders};
use super::{Figure, Goal, Options};
use canary::Watch;
use case::Tally;
use service::Service;
use shop::Shop;

const CASES: u64 = 1_000;
const WORKERS: usize = 4;

pub fn measure(options: &Options) -> Result<Vec<Figure>> {
    if let Some(other) = options.recommender.as_deref().filter(|name| *name != "item-item") {
        bail!("there is no recommender {other}; there is item-item");
    }
    let wanted = options.seeds.unwrap_or(CASES) as usize;
    let shop = Shop::new(orders(options)?, options.start)?;
    let customers = drawn(&shop, options.start);
    let service = Service::start()?;
    let watch = Watch::new(options.start);
    let tally = play(&shop, &service, &watch, &customers, wanted, options.start)?;
    service.look_around(&watch, &tally.subjects)?;
    let database = service.stop(&watch)?;
    for difference in tally.differences.iter().take(5) {
        eprintln!("{difference}");
    }
    let whole = |count: usize| count as f64;
    Ok(vec![
        Figure::new(
            format!("list served after = preview shown before, of {wanted}"),
            whole(tally.equal),
            "",
            Goal::Exactly(whole(wanted)),
        ),
        Figure::new(
            "candidates whose contributions or evidence do not add up",
            whole(tally.not_adding_up),
            "",
            Goal::Exactly(0.0),
        ),
        Figure::new("canaries of sources not allowed, found anywhere", whole(watch.found()), "", Goal::Exactly(0.0)),
        Figure::new(
            "documents in which the allowed markers were found, as they should be",
            whole(watch.controls()),
            "",
            Goal::AtLeast(1.0),
        ),
        Figure::new("candidates checked", whole(tally.candidates), "", Goal::Told),
        Figure::new("previews that changed the list", whole(tally.changed), "", Goal::Told),
        Figure::new("sources switched off", whole(tally.switched_off), "", Goal::Told),
        Figure::new("data left out", whole(tally.left_out), "", Goal::Told),
        Figure::new(
            "customers without usable data in the sources they allowed, drawn over",
            whole(tally.passed_over),
            "",
            Goal::Told,
        ),
        Figure::new("answers searched for canaries", whole(watch.answers()), "", Goal::Told),
        Figure::new("pages searched", whole(watch.pages()), "", Goal::Told),
        Figure::new("bytes of database and log searched", whole(database), "B", Goal::Told),
        Figure::new("largest document", whole(tally.largest), "B", Goal::Told),
    ])
}

/// Every customer once, in a seeded order.
fn drawn(shop: &Shop, seed: u64) -> Vec<u32> {
    let mut customers: Vec<u32> = (0..shop.orders.customers().len() as u32).collect();
    let mut random = Seeded(seed ^ 0xd1a3);
    for at in (1..customers.len()).rev() {
        customers.swap(at, random.below(at + 1));
    }
    customers
}

/// Plays cases until as many as wanted have been decided.
fn play(shop: &Shop, service: &Service, watch: &Watch, customers: &[u32], wanted: usize, seed: u64) -> Result<Tally> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (send, receive) = mpsc::channel::<Result<Tally>>();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            let send = send.clone();
            let (next, done) = (&next, &done);
            scope.spawn(move || {
                while done.load(Ordering::SeqCst) < wanted {
                    let Some(customer) = customers.get(next.fetch_add(1, Ordering::SeqCst)) else { break };
                    let played = case::play(shop, service, watch, *customer, seed);
                    if matches!(&played, Ok(tally) if tally.decided() == 1) {
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                    let failed = played.is_err();
                    if send.send(played).is_err() || failed {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut sum = Tally::default();
        for played in receive {
            match played {
                // Cases under way when the last one wanted was done are not counted.
                Ok(tally) if sum.decided() + tally.decided() > wanted => {}
                Ok(tally) => {
                    let before = sum.decided();
                    sum.add(tally);
                    if sum.decided() != before && sum.decided().is_multiple_of(100) {
                        eprintln!("{} of {wanted}", sum.decided());
                    }
                }
                Err(error) => {
                    done.store(usize::MAX, Ordering::SeqCst);
                    return Err(error);
                }
            }
        }
        if sum.decided() < wanted {
            bail!("only {} customers have data to decide about; ask for fewer with --seeds", sum.decided());
        }
        Ok(sum)
    })
}
