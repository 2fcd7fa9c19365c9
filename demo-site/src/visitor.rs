//! Who is looking, as far as the shop knows: its own plain cookies.

use crate::language::Language;
use crate::persona::Persona;
use crate::shelf::Shelf;
use axum::http::{HeaderMap, header};

const BASKET_ITEMS: usize = 20;
/// The cookie that remembers an anonymous visitor's subject.
pub const SUBJECT: &str = "candor_subject";
const DAY: u32 = 86_400;
/// As long as Candor's own page is remembered by the shop: `kept.rs`.
const YEAR: u32 = 365 * DAY;

/// One visitor of one page.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub persona: Persona,
    pub language: Language,
    /// Item ids, in the order in which they were added.
    pub basket: Vec<String>,
    /// The Candor subject of somebody who is not signed in, once there is one.
    pub anonymous_subject: Option<String>,
    /// The browser sends Global Privacy Control.
    pub gpc: bool,
}

impl Visitor {
    /// Reads the cookies; whoever has none looks with Hanna's eyes. A persona in the address wins.
    pub fn read(headers: &HeaderMap, wanted: Option<&str>, shelf: &Shelf) -> Self {
        let cookie = |name: &str| cookie(headers, name);
        let persona = wanted
            .and_then(Persona::parse)
            .or_else(|| cookie("persona").and_then(Persona::parse))
            .unwrap_or(Persona::Hanna);
        let basket: Vec<String> = match cookie(&basket_name(persona)) {
            Some(list) => list.split('.').map(str::to_owned).collect(),
            None => shelf.first_basket(persona),
        };
        Self {
            persona,
            language: persona.language(),
            basket: basket.into_iter().filter(|item| shelf.catalogue.get(item).is_some()).take(BASKET_ITEMS).collect(),
            anonymous_subject: cookie(SUBJECT).filter(|id| is_subject(id)).map(str::to_owned),
            gpc: headers.get("sec-gpc").is_some_and(|value| value == "1"),
        }
    }

    /// How the service knows this visitor, if at all.
    pub fn subject(&self) -> Option<String> {
        match self.persona.customer() {
            Some(customer) => Some(format!("shop:{customer}")),
            None if self.persona == Persona::Nora => self.anonymous_subject.clone(),
            None => None,
        }
    }

    pub fn add(&mut self, item: &str) {
        if !self.basket.iter().any(|known| known == item) && self.basket.len() < BASKET_ITEMS {
            self.basket.push(item.to_owned());
        }
    }

    pub fn remove(&mut self, item: &str) {
        self.basket.retain(|known| known != item);
    }

    /// The cookie that keeps the basket.
    pub fn basket_cookie(&self) -> String {
        set_cookie(&basket_name(self.persona), &self.basket.join("."), DAY)
    }

    pub fn persona_cookie(&self) -> String {
        set_cookie("persona", self.persona.id(), DAY)
    }
}

/// The cookie that remembers an anonymous visitor's subject.
pub fn subject_cookie(subject: &str) -> Option<String> {
    is_subject(subject).then(|| set_cookie(SUBJECT, subject, YEAR))
}

fn set_cookie(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path=/; SameSite=Lax; HttpOnly; Max-Age={seconds}")
}

fn basket_name(persona: Persona) -> String {
    format!("basket_{}", persona.id())
}

fn is_subject(id: &str) -> bool {
    id.len() <= 64 && id.starts_with("sub_") && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// One cookie of a request.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> Shelf {
        Shelf::own("http://127.0.0.1:1").unwrap()
    }

    fn headers(cookies: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookies.parse().unwrap());
        headers
    }

    #[test]
    fn without_a_cookie_one_looks_with_hannas_eyes() {
        let visitor = Visitor::read(&HeaderMap::new(), None, &shelf());
        assert_eq!(visitor.persona, Persona::Hanna);
        assert_eq!(visitor.subject().as_deref(), Some("shop:hanna"));
        assert_eq!(visitor.basket, ["3005"]);
    }

    #[test]
    fn an_anonymous_subject_belongs_to_nora_alone() {
        let shelf = shelf();
        let cookies = headers("persona=nora; candor_subject=sub_abc; basket_nora=1001.nothing.2002");
        let visitor = Visitor::read(&cookies, None, &shelf);
        assert_eq!(visitor.subject().as_deref(), Some("sub_abc"));
        assert_eq!(visitor.basket, ["1001", "2002"]);
        assert_eq!(Visitor::read(&cookies, Some("amina"), &shelf).subject(), None);
        assert_eq!(Visitor::read(&cookies, Some("tomek"), &shelf).subject().as_deref(), Some("shop:tomek"));
    }

    #[test]
    fn what_is_no_subject_becomes_no_cookie() {
        assert_eq!(subject_cookie("sub_a; Domain=x"), None);
        assert_eq!(subject_cookie("hanna"), None);
        assert!(subject_cookie("sub_0a").is_some());
    }
}
