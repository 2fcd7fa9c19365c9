//! A store that has been in use: decisions of many people, sent through the service.

use std::net::SocketAddr;

use anyhow::{Result, ensure};

use super::connection::Connection;
use super::decider::{Person, post};
use super::runtime;

const LINES: usize = 32;

/// Each person decides `each` times, in one request.
pub fn fill(address: SocketAddr, people: &mut [Person], notice: &str, each: u64) -> Result<()> {
    runtime()?.block_on(async {
        let mut lines = tokio::task::JoinSet::new();
        for line in 0..LINES {
            let share: Vec<Person> = people.iter().skip(line).step_by(LINES).cloned().collect();
            let notice = notice.to_owned();
            lines.spawn(async move {
                let mut connection = Connection::open(address).await?;
                for person in share {
                    let body = decisions(&person, &notice, each);
                    let mut request = Vec::with_capacity(body.len() + 256);
                    post(&mut request, "/v1/decisions", &body);
                    let answer = connection.ask(&request).await?;
                    let text = String::from_utf8_lossy(answer.body);
                    let recorded = text.matches(r#""status":"recorded""#).count() as u64;
                    ensure!(answer.status == 200 && recorded == each, "not taken: {} {text}", answer.status);
                }
                Ok(())
            });
        }
        while let Some(done) = lines.join_next().await {
            done??;
        }
        people.iter_mut().for_each(|person| person.made += each);
        Ok(())
    })
}

fn decisions(person: &Person, notice: &str, each: u64) -> Vec<u8> {
    let mut body = Vec::new();
    person.open(&mut body);
    for seq in person.made + 1..=person.made + each {
        if seq > person.made + 1 {
            body.push(b',');
        }
        person.decision(&mut body, seq, notice);
    }
    body.extend_from_slice(b"]}");
    body
}
