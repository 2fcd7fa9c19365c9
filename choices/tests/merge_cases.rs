//! The worked cases of the merge rule. Every side runs the same file.

mod world;

use candor_choices::{Received, Record, fold};
use candor_protocol::{
    Base, Binding, Change, Choice, Content, Control, Decision, DecisionMethod, Outcome, OutcomeStatus,
};
use serde_json::Value;
use world::{CONTROL, EPOCH, about_datum, at, decision, notice, terms};

const CASES: &str = include_str!("../cases/merge-cases.json");

#[test]
fn every_worked_case_comes_out_as_written() {
    let file: Value = serde_json::from_str(CASES).expect("the cases are JSON");
    assert_eq!((file["control"].as_str(), file["epoch"].as_str()), (Some(CONTROL), Some(EPOCH)));
    let cases = file["cases"].as_array().expect("a list of cases");
    let numbers: Vec<u64> = cases.iter().filter_map(|case| case["case"].as_u64()).collect();
    assert_eq!(numbers, (1..=21).collect::<Vec<u64>>(), "all twenty-one are there");
    for case in cases {
        Run::new(case).case(case);
    }
}

/// One case under way.
struct Run {
    name: String,
    terms: candor_choices::Terms,
    record: Record,
    /// What has arrived: the decision, when, and the epoch and outcome it got.
    history: Vec<(Decision, i64, String, Outcome)>,
    now: i64,
}

impl Run {
    fn new(case: &Value) -> Self {
        let name = format!("case {}: {}", case["case"], case["title"]);
        Run { name, terms: terms(), record: Record::new(EPOCH), history: Vec::new(), now: 1 }
    }

    fn case(mut self, case: &Value) {
        for step in case["steps"].as_array().expect("steps") {
            self.now += 1;
            self.step(step);
        }
        for stands in case["stands"].as_array().expect("stands") {
            self.stands(stands);
        }
        self.replays();
    }

    fn step(&mut self, step: &Value) {
        let name = format!("{}, {step}", self.name);
        if let Some(made) = step.get("decide") {
            let decision = self.made(made);
            self.arrives(decision, &step["outcome"]);
        } else if let Some(again) = step.get("again") {
            let same = |made: &&(Decision, i64, String, Outcome)| {
                Some(made.0.device.as_str()) == again["device"].as_str() && Some(made.0.seq) == again["seq"].as_u64()
            };
            let mut decision = self.history.iter().find(same).expect(&name).0.clone();
            if let (Some(choice), Content::Changes(changes)) = (again["choice"].as_str(), &mut decision.content) {
                changes[0].choice = Choice::parse(choice).expect(&name);
            }
            self.arrives(decision, &step["outcome"]);
        } else if let Some(publish) = step.get("publish") {
            let (hash, terms) = (publish["notice"].as_str().expect(&name), publish["terms"].as_str().expect(&name));
            self.terms.add(notice(hash, self.now, terms, None));
        } else if let Some(restore) = step.get("restore") {
            self.history.truncate(restore["after"].as_u64().expect(&name) as usize);
            self.record = self.folded(restore["epoch"].as_str().expect(&name), true);
        } else if let Some(missing) = step.get("missing") {
            let runs = self.record.missing(missing["device"].as_str().expect(&name), 8);
            let runs: Vec<[u64; 2]> = runs.iter().map(|run| [*run.start(), *run.end()]).collect();
            assert_eq!(serde_json::json!(runs), missing["runs"], "{name}");
        } else if let Some(sign_in) = step.get("sign_in") {
            self.signs_in(sign_in, step, &name);
        } else {
            panic!("{name}: no such step");
        }
    }

    fn made(&self, made: &Value) -> Decision {
        let choice = made["choice"].as_str().and_then(Choice::parse).unwrap_or(Choice::Denied);
        let mut decision =
            decision(made["device"].as_str().expect("device"), made["seq"].as_u64().expect("seq"), choice, 0);
        decision.base = match &made["base"] {
            Value::Number(rev) => Base { epoch: self.record.epoch().to_owned(), rev: rev.as_u64().expect("rev") },
            base => Base {
                epoch: base["epoch"].as_str().expect("epoch").to_owned(),
                rev: base["rev"].as_u64().expect("rev"),
            },
        };
        if let Some(tab) = made["tab"].as_str() {
            decision.id.replace_range(..8, &format!("{:08x}", 0x0190_0000 + u32::from(tab.as_bytes()[0])));
        }
        if let Some(datum) = made["datum"].as_str() {
            decision = about_datum(decision, datum);
        }
        if let Some(reason) = made["void"].as_str() {
            decision.content = Content::Void(reason.to_owned());
        }
        if let Some(method) = made["method"].as_str() {
            decision.method = DecisionMethod::parse(method).expect("method");
        }
        decision
    }

    fn arrives(&mut self, decision: Decision, expected: &Value) {
        let name = format!("{}, {}#{}", self.name, decision.device, decision.seq);
        let outcome = self.record.decide(&decision, &self.terms, at(self.now));
        let status = expected["status"].as_str().unwrap_or("recorded");
        assert_eq!(outcome.status.as_str(), status, "{name}");
        assert_eq!(Some(outcome.rev), expected["rev"].as_u64(), "{name}");
        let result = outcome.results.first().map(|result| result.as_str());
        assert_eq!(result, expected["result"].as_str(), "{name}");
        if outcome.status == OutcomeStatus::Recorded {
            let epoch = self.record.epoch().to_owned();
            self.history.push((decision, self.now, epoch, outcome));
        }
    }

    /// What goes over is the page's part (`tests/specs/sign-in-cases.spec.ts`); here, what the rule makes of it.
    fn signs_in(&mut self, sign_in: &Value, step: &Value, name: &str) {
        let device = sign_in["device"].as_str().expect(name);
        for sent in step["sent"].as_array().expect(name) {
            let control = sent["control"].as_str().expect(name).to_owned();
            let mut denial = world::deny(device, sent["seq"].as_u64().expect(name), self.record.rev());
            denial.binds = Binding::Device;
            denial.content = Content::Changes(vec![Change { control, choice: Choice::Denied, datum: None }]);
            self.arrives(denial, &serde_json::json!({ "result": "applied", "rev": sent["rev"] }));
        }
    }

    fn stands(&self, expected: &Value) {
        let name = format!("{}, stands {expected}", self.name);
        let choices = self.record.choices(&self.terms, at(self.now + 1), expected["device"].as_str());
        let control = choices.control(CONTROL).cloned().unwrap_or(Control::unset(CONTROL));
        assert_eq!(Some(control.choice.as_str()), expected["choice"].as_str(), "{name}");
        if let Some(rev) = expected["rev"].as_u64() {
            assert_eq!(control.rev, rev, "{name}");
        }
        let left_out = expected.get("left_out").cloned().unwrap_or(serde_json::json!([]));
        assert_eq!(serde_json::json!(control.left_out), left_out, "{name}");
        let flag = |field: &str| expected[field].as_bool().unwrap_or(false);
        assert_eq!(control.lapsed, flag("lapsed"), "{name}");
        assert_eq!(control.device_only, flag("device_only"), "{name}");
        assert_eq!(control.despite_signal, flag("despite_signal"), "{name}");
    }

    /// What the service does when it starts: decide again, or take the kept outcomes.
    fn replays(&self) {
        for with_outcomes in [false, true] {
            let record = self.folded(self.record.epoch(), with_outcomes);
            for device in [None, Some("D1"), Some("D2"), Some("D3")] {
                let now = at(self.now + 1);
                let name = format!("{}, folded, outcomes kept: {with_outcomes}", self.name);
                assert_eq!(
                    record.choices(&self.terms, now, device),
                    self.record.choices(&self.terms, now, device),
                    "{name}"
                );
            }
        }
    }

    fn folded(&self, epoch: &str, with_outcomes: bool) -> Record {
        let received = self.history.iter().map(|(decision, ms, epoch, outcome)| Received {
            decision,
            at: at(*ms),
            epoch,
            outcome: with_outcomes.then_some(outcome),
        });
        fold(epoch, received, &self.terms)
    }
}
