//! One table over every route: what another person, another shop, another site's page and a forger
//! get. A route without a line here fails. What listens, and never ends, is tried in `listening.rs`.

use serde_json::{Value, json};

use crate::house::{Answer, House, ORDERS, ORIGIN, SITE, Someone, notice};

const OTHER: &str = "pk_other";
const OTHER_ORIGIN: &str = "https://other.example";
const SK_OTHER: &str = "sk_other";

/// What a route is about, which says what strangers get of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum About {
    /// The same for everyone.
    Everyone,
    /// Begins or renews a session.
    Session,
    /// A subject, by its capability.
    Own,
    /// A recommendation, by its id.
    List,
    /// Feedback on a recommendation.
    Feedback,
    /// A subject that a shop asks about in the body.
    Evaluation,
    /// A subject that a shop names in the address.
    Named,
    /// A shop hands in a list.
    HandIn,
}

const TABLE: &[(&str, &str, About)] = &[
    ("get", "/v1/notice", About::Everyone),
    ("post", "/v1/session", About::Session),
    ("put", "/v1/recommendations/{id}", About::HandIn),
    ("get", "/v1/recommendations/{id}", About::List),
    ("post", "/v1/recommendations/{id}", About::List),
    ("post", "/v1/decisions", About::Own),
    ("post", "/v1/choices", About::Own),
    ("post", "/v1/history", About::Own),
    ("post", "/v1/live", About::Own),
    ("post", "/v1/feedback", About::Feedback),
    ("post", "/v1/export", About::Own),
    ("post", "/v1/erase", About::Own),
    ("post", "/access/v1/evaluation", About::Evaluation),
    ("post", "/access/v1/evaluations", About::Evaluation),
    ("get", "/v1/subjects/{id}/choices", About::Named),
    ("post", "/v1/subjects/{id}/decisions", About::Named),
    ("get", "/v1/subjects/{id}/export", About::Named),
    ("del", "/v1/subjects/{id}", About::Named),
    ("get", "/.well-known/gpc.json", About::Everyone),
    ("get", "/openapi.json", About::Everyone),
    ("get", "/livez", About::Everyone),
    ("get", "/readyz", About::Everyone),
    ("get", "/metrics", About::Everyone),
];

/// Hanna, who has something to lose, and all that strangers might learn of her.
struct Scene {
    house: House,
    hanna: Someone,
    tomek: Someone,
    list: String,
    feedback: String,
    /// Everything she has, before anyone tries.
    before: String,
}

impl Scene {
    async fn open() -> Self {
        let house = House::open().await;
        house.add_site(OTHER, OTHER_ORIGIN, SK_OTHER);
        house.publish(OTHER, &notice(OTHER, 1));
        let (hanna, tomek) = (house.sign_in("hanna", "phone-of-hanna").await, house.sign_in("tomek", "d2").await);
        house.set(&hanna, 1, ORDERS, "granted").await;
        let doc = house.document(Some(&hanna), 1);
        assert_eq!(house.put(&doc).await.status, 201);
        house.set(&hanna, 2, "marketing/email", "denied").await;
        let list = doc["id"].as_str().unwrap().to_owned();
        let about = json!({"site": SITE, "capability": hanna.capability, "recommendation": list, "kind": "wrong-data",
            "text": "words-of-hanna"});
        let feedback = house.page("/v1/feedback", about).await.body["id"].as_str().unwrap().to_owned();
        let mut scene = Scene { house, hanna, tomek, list, feedback, before: String::new() };
        scene.before = scene.hers().await;
        scene
    }

    async fn hers(&self) -> String {
        let mut file = self.house.app.export(&self.house.app.site(SITE).unwrap(), &self.hanna.subject).await.unwrap();
        file.as_object_mut().unwrap().remove("exported_at");
        file.to_string()
    }

    /// What an answer to a stranger must not hold.
    fn tells_nothing(&self, what: &str, answer: &Answer) {
        let secrets =
            [self.hanna.subject.as_str(), "phone-of-hanna", "words-of-hanna", "Apron", "datum-1", &self.feedback];
        // His session and his own record repeat the name of a device as he wrote it.
        let told = secrets.iter().filter(|secret| {
            !(["session", "history", "export"].iter().any(|own| what.ends_with(own)) && **secret == "phone-of-hanna")
        });
        for secret in told {
            assert!(!answer.text.contains(secret), "{what} gave {secret}: {}", answer.text);
        }
    }

    async fn untouched(&self, what: &str) {
        assert_eq!(self.hers().await, self.before, "{what} changed something of hers");
    }

    fn path(&self, path: &str, about: About, name: &str) -> String {
        path.replace("{id}", if about == About::Named { name } else { &self.list })
    }

    /// Everything a page can put into a body, with this capability.
    fn body(&self, capability: Option<&str>, site: &str) -> Value {
        let decision = self.house.decision(&self.hanna, 9, 2, json!([{"control": ORDERS, "choice": "denied"}]));
        let mut body = json!({"site": site, "device": "phone-of-hanna", "decisions": [decision], "recommendation": self.list,
            "kind": "not-for-me", "subject": self.hanna.subject, "id": self.feedback});
        if let Some(capability) = capability {
            body["capability"] = capability.into();
        }
        body
    }
}

fn method(route: &str) -> &str {
    if route == "del" { "DELETE" } else { route }
}

#[test]
fn every_route_has_a_line() {
    let routes: Vec<_> = candor_service::http::ROUTES.iter().map(|route| (route.method, route.path)).collect();
    let lines: Vec<_> = TABLE.iter().map(|(method, path, _)| (*method, *path)).collect();
    for route in &routes {
        assert!(lines.contains(route), "{route:?}: say in this table what strangers get of it");
    }
    assert_eq!(lines.len(), routes.len(), "a line without a route");
}

#[test]
fn every_page_of_the_service_is_tried_by_strangers_somewhere() {
    let sources = [include_str!("../../src/pages/mod.rs"), include_str!("../../src/pages/desk/mod.rs")];
    let paths =
        sources.iter().flat_map(|text| text.split(".route(\"").skip(1)).map(|rest| rest.split('"').next().unwrap());
    let tried = [
        "/why/{id}",
        "/choices",
        "/candor/why/{id}",
        "/candor/choices",
        "/card.css",
        "/candor/card.css",
        "/desk",
        "/desk/",
        "/desk/events",
        "/desk/person/{id}",
        "/desk/person/{id}/evidence",
        "/desk/person/{id}/file",
        "/desk/person/{id}/erase",
        "/desk/feedback/{id}",
        "/desk/webhooks",
        "/desk/webhooks/replay",
        "/desk/find",
        "/desk/sign-in",
        "/desk/sign-out",
        "/desk/desk.css",
        "/desk/desk.js",
    ];
    let mut found = 0;
    for path in paths {
        assert!(tried.contains(&path), "{path}: try it as a stranger, here or in desk.rs");
        found += 1;
    }
    assert_eq!(found, tried.len());
}

#[tokio::test]
async fn another_persons_capability_reaches_nothing_of_hers() {
    let scene = Scene::open().await;
    for (verb, path, about) in TABLE {
        let what = format!("{verb} {path}");
        // His own session may end with an erasure: a new one each time.
        let him = scene.house.sign_in("tomek", "d2").await;
        let body = scene.body(Some(&him.capability), SITE);
        let answer = match *verb {
            "post" if *path == "/v1/live" => continue,
            "post" => scene.house.page(&scene.path(path, *about, &scene.hanna.subject), body).await,
            "get" => {
                let query = format!("?site={SITE}&capability={}&subject={}", him.capability, scene.hanna.subject);
                scene.house.get(&(scene.path(path, *about, &scene.hanna.subject) + &query)).await
            }
            other => {
                let path = scene.path(path, *about, &scene.hanna.subject);
                let request = scene
                    .house
                    .http
                    .request(method(other).to_uppercase().parse().unwrap(), format!("{}{path}", scene.house.base));
                scene.house.send(request.header("origin", ORIGIN).body(body.to_string())).await
            }
        };
        if *about != About::Everyone {
            scene.tells_nothing(&what, &answer);
        }
        match about {
            About::Evaluation | About::Named | About::HandIn => assert_eq!(answer.problem(), "bad-key", "{what}"),
            About::List => assert_eq!(answer.body["state"], "general", "{what}: {}", answer.text),
            _ => assert!(answer.status < 500, "{what}: {}", answer.text),
        }
        scene.untouched(&what).await;
    }
    // Under the name of her device he can say no, for himself: it is his decision, and hers are untouched.
    let him = scene.house.sign_in("tomek", "d2").await;
    let answer = scene.house.page("/v1/decisions", scene.body(Some(&him.capability), SITE)).await;
    assert_eq!(answer.body["outcomes"][0]["status"], "recorded");
    scene.untouched("a denial under the name of her device").await;
    assert_ne!(scene.tomek.subject, scene.hanna.subject);
}

#[tokio::test]
async fn no_capability_a_forged_one_and_one_of_another_site_open_nothing() {
    let scene = Scene::open().await;
    let hers = &scene.hanna.capability;
    let field = |at: usize, new: &str| {
        let mut fields: Vec<&str> = hers.split('~').collect();
        fields[at] = new;
        fields.join("~")
    };
    let of_tomek = scene.tomek.capability.rsplit('~').next().unwrap();
    let forgeries = [
        String::new(),
        "cap_".into(),
        "cap_~~~".into(),
        format!("{hers}a"),
        hers[..hers.len() - 1].to_owned(),
        hers.to_uppercase(),
        field(0, "cap_99999999999999"),
        field(2, "d2"),
        field(3, of_tomek),
        scene.tomek.capability.replace(&scene.tomek.subject, &scene.hanna.subject),
        "\u{0}".repeat(64),
    ];
    for (verb, path, about) in
        TABLE.iter().filter(|(verb, _, about)| *verb == "post" && !matches!(about, About::Evaluation | About::Named))
    {
        let path = scene.path(path, *about, "");
        for forged in &forgeries {
            let answer = scene.house.page(&path, scene.body(Some(forged), SITE)).await;
            assert_eq!((answer.status, answer.problem()), (401, "bad-capability"), "{path} {forged}");
            scene.tells_nothing(&path, &answer);
        }
        // Hers, at the other site.
        let answer = scene.house.page_from(OTHER_ORIGIN, &path, scene.body(Some(hers), OTHER)).await;
        assert_eq!((answer.status, answer.problem()), (401, "bad-capability"), "{path}");
        // Hers, from a page of the other site, and from nowhere that is known.
        for (origin, site) in [(OTHER_ORIGIN, SITE), (ORIGIN, OTHER), ("https://evil.example", SITE), ("null", SITE)] {
            let answer = scene.house.page_from(origin, &path, scene.body(Some(hers), site)).await;
            assert_eq!((answer.status, answer.problem()), (403, "origin-not-allowed"), "{path} {origin}");
            scene.tells_nothing(&path, &answer);
        }
        if *about == About::Own {
            let answer = scene.house.page(&path, scene.body(None, SITE)).await;
            assert_eq!((answer.status, answer.problem()), (401, "bad-capability"), "{verb} {path}");
        }
    }
    scene.untouched("a forged capability").await;
}

#[tokio::test]
async fn another_shops_key_reaches_no_subject_customer_or_list_of_this_site() {
    let scene = Scene::open().await;
    let shop = async |verb: &str, path: String, body: Option<Value>| {
        scene.house.shop_with(SK_OTHER, method(verb), &path, body).await
    };
    for (verb, path, about) in TABLE {
        let what = format!("{verb} {path}");
        for name in [scene.hanna.subject.as_str(), "shop:hanna"] {
            let verb_up: &'static str = match *verb {
                "get" => "GET",
                "post" => "POST",
                "put" => "PUT",
                _ => "DELETE",
            };
            match about {
                About::Named => {
                    let body = (*verb == "post").then(|| scene.body(None, OTHER));
                    let answer = shop(verb_up, scene.path(path, *about, name), body).await;
                    assert_eq!(
                        (answer.status, answer.problem()),
                        (404, "unknown-subject"),
                        "{what} {name}: {}",
                        answer.text
                    );
                    scene.tells_nothing(&what, &answer);
                }
                About::Evaluation => {
                    let one = json!({"subject": {"type": "subject", "id": name}, "action": {"name": "recommendations"},
                        "resource": {"type": "source", "id": "orders"}, "context": {"device": "phone-of-hanna"}});
                    let body = if path.ends_with('s') { json!({"evaluations": [one]}) } else { one };
                    let answer = shop(verb_up, (*path).into(), Some(body)).await;
                    let said = if path.ends_with('s') { &answer.body["evaluations"][0] } else { &answer.body };
                    assert_eq!(
                        (said["decision"].as_bool(), said["context"]["reason"].as_str()),
                        (Some(false), Some("unknown-subject")),
                        "{what}"
                    );
                    scene.tells_nothing(&what, &answer);
                }
                About::HandIn => {
                    // Hers word for word, renamed for the other site, and with her as its subject.
                    for site in [SITE, OTHER] {
                        let mut doc = scene.house.document(Some(&scene.hanna), 1);
                        (doc["id"], doc["site"]) = (scene.list.clone().into(), site.into());
                        let answer = shop("PUT", scene.path(path, *about, name), Some(doc)).await;
                        assert!(answer.status >= 400 && answer.status < 500, "{what}: {}", answer.text);
                        let told =
                            ["Apron", "datum-1", "phone-of-hanna"].iter().any(|secret| answer.text.contains(secret));
                        assert!(!told, "{what}: {}", answer.text);
                    }
                }
                About::List => {
                    let answer = scene
                        .house
                        .page_from(
                            OTHER_ORIGIN,
                            &scene.path("/v1/recommendations/{id}", *about, name),
                            json!({"site": OTHER}),
                        )
                        .await;
                    assert_eq!(answer.problem(), "not-ready", "{what}");
                }
                About::Everyone | About::Session | About::Own | About::Feedback => {}
            }
            scene.untouched(&what).await;
        }
    }
    // The same customer number at another shop is another person.
    let claims = json!({"aud": OTHER, "sub": "hanna", "exp": scene.house.app.now().0 / 1_000 + 60, "jti": "other"});
    let key = jsonwebtoken::EncodingKey::from_secret(crate::house::HS256);
    let token = crate::house::sign(jsonwebtoken::Algorithm::HS256, &key, &claims);
    let theirs = json!({"site": OTHER, "device": "d1", "token": token});
    let answer = scene.house.page_from(OTHER_ORIGIN, "/v1/session", theirs).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    scene.tells_nothing("a session at the other shop", &answer);
}

#[tokio::test]
async fn the_first_party_pages_know_nobody_without_this_shops_key() {
    let scene = Scene::open().await;
    let list = format!("/candor/why/{}", scene.list);
    for path in ["/candor/choices", &list] {
        for (key, name, status) in [
            ("", "shop:hanna", 401),
            ("Bearer ", "shop:hanna", 401),
            ("Bearer sk_guess", "shop:hanna", 401),
            ("Bearer pk_test", &scene.hanna.subject, 401),
            (&format!("Bearer {}", scene.hanna.capability), "shop:hanna", 401),
            ("Bearer sk_other", "shop:hanna", 200),
            ("Bearer sk_other", &scene.hanna.subject, 200),
        ] {
            let status = if path == list && status == 200 { 404 } else { status };
            let url = format!("{}{path}?lang=en&site={SITE}", scene.house.base);
            let with = |request: reqwest::RequestBuilder| match key {
                "" => request.header("candor-subject", name),
                key => request.header("authorization", key).header("candor-subject", name),
            };
            let page = scene.house.send(with(scene.house.http.get(&url))).await;
            assert_eq!(page.status, status, "{path} {key} {name}");
            scene.tells_nothing(path, &page);
            let form = scene.house.http.post(&url).header("content-type", "application/x-www-form-urlencoded");
            let form = with(form).body(format!("token=x&control={ORDERS}&choice=denied&feedback=wrong-data"));
            let sent = scene.house.send(form).await;
            assert!([401, 403].contains(&sent.status), "{path} {key}: {}", sent.status);
            scene.tells_nothing(path, &sent);
        }
        scene.untouched(path).await;
    }
    // The pages for anyone do not listen to the header at all.
    for path in [format!("/choices?site={SITE}"), format!("/why/{}", scene.list)] {
        let request =
            scene.house.http.get(format!("{}{path}", scene.house.base)).header("candor-subject", "shop:hanna");
        let page = scene.house.send(request.header("authorization", "Bearer sk_of_the_tests")).await;
        scene.tells_nothing(&path, &page);
        assert!(!page.text.contains("role=\"switch\""), "{path}");
    }
}

#[tokio::test]
async fn what_is_malformed_or_too_large_is_refused_everywhere_and_keeps_nothing() {
    let scene = Scene::open().await;
    let counts = || scene.house.app.read(|view| view.counts(SITE));
    let before = format!("{:?}", counts().await.unwrap());
    let deep = "[".repeat(40_000);
    let canary = "\"canary-of-the-body\"";
    for (verb, path, about) in TABLE.iter().filter(|(verb, ..)| matches!(*verb, "post" | "put")) {
        let path = scene.path(path, *about, &scene.hanna.subject);
        let caller =
            if matches!(about, About::Evaluation | About::Named | About::HandIn) { crate::house::SK } else { "" };
        let send = |body: Vec<u8>| {
            let request = scene
                .house
                .http
                .request(method(verb).to_uppercase().parse().unwrap(), format!("{}{path}", scene.house.base));
            let request = request.header("origin", ORIGIN).header("content-type", "text/plain");
            let request =
                if caller.is_empty() { request } else { request.header("authorization", format!("Bearer {caller}")) };
            scene.house.send(request.body(body))
        };
        let large = vec![b' '; if *verb == "put" { 1_100_000 } else { 50_000 }];
        let answer = send(large).await;
        assert_eq!((answer.status, answer.problem()), (413, "too-large"), "{path}");
        for body in [
            b"".to_vec(), b"{".to_vec(), b"null".to_vec(), b"[]".to_vec(), b"7".to_vec(), b"{}".to_vec(), vec![0xff, 0xfe, 0x00],
            deep.clone().into_bytes(), canary.into(), format!("{{\"site\": {canary}}}").into_bytes(),
            format!("{{\"site\": \"{SITE}\", \"capability\": [{canary}], \"decisions\": {canary}, \"device\": 7, \"subject\": {canary}}}").into_bytes(),
        ] {
            let answer = send(body.clone()).await;
            assert!((400..500).contains(&answer.status), "{path} {:?}: {}", String::from_utf8_lossy(&body[..body.len().min(60)]), answer.text);
            assert!(!answer.problem().is_empty() && answer.body["fix"].is_string(), "{path}: {}", answer.text);
            assert!(!answer.text.contains("canary"), "{path} quotes what was sent: {}", answer.text);
        }
    }
    assert_eq!(format!("{:?}", counts().await.unwrap()), before, "nothing was kept");
    scene.untouched("a malformed request").await;
}

#[tokio::test]
async fn what_is_replayed_by_another_has_no_effect() {
    let scene = Scene::open().await;
    // Her own words, sent again by someone who overheard them, with his capability.
    let history = scene.house.page("/v1/history", json!({"site": SITE, "capability": scene.hanna.capability})).await;
    let mut overheard = history.body["decisions"][0].clone();
    let fields = overheard.as_object_mut().unwrap();
    fields.remove("outcome");
    fields.remove("received_at");
    let body = json!({"site": SITE, "capability": scene.tomek.capability, "decisions": [overheard]});
    let answer = scene.house.page("/v1/decisions", body).await;
    assert_eq!(answer.body["outcomes"][0]["reason"], "other-device");
    assert_eq!(scene.house.choices(&scene.tomek).await["rev"], 0);
    // And by herself: nothing moves.
    let answer = scene.house.decide(&scene.hanna, json!([overheard])).await;
    assert_eq!(answer.body["outcomes"][0]["rev"], 1);
    scene.untouched("a replay").await;
}
