//! How a language writes numbers, money, dates and lists, from CLDR tables.

use candor_protocol::Timestamp;
use candor_words::{Direction, Locale, Plural};
use fixed_decimal::{Decimal, SignedRoundingMode, UnsignedRoundingMode};
use icu::calendar::Date;
use icu::datetime::FixedCalendarDateTimeFormatter;
use icu::datetime::fieldsets::YMD;
use icu::decimal::DecimalFormatter;
use icu::list::ListFormatter;
use icu::list::options::{ListFormatterOptions, ListLength};
use icu::locale::locale;
use icu::plurals::{PluralCategory, PluralRules};
use icu_experimental::dimension::currency::CurrencyType;
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;

/// One language's tables, read once.
pub struct Tables {
    language: &'static str,
    locale: icu::locale::Locale,
    cardinal: PluralRules,
    ordinal: PluralRules,
    decimal: DecimalFormatter,
    date: FixedCalendarDateTimeFormatter<icu::calendar::Gregorian, YMD>,
    list: ListFormatter,
}

/// The tables of the first language asked for that is known; English if none is.
pub fn of(language: &str) -> &'static Tables {
    static TABLES: std::sync::LazyLock<[Tables; 3]> = std::sync::LazyLock::new(|| {
        [Tables::new("en", locale!("en-GB")), Tables::new("fr", locale!("fr")), Tables::new("pl", locale!("pl"))]
    });
    let base = language.split('-').next().unwrap_or_default();
    TABLES.iter().find(|tables| tables.language.eq_ignore_ascii_case(base)).unwrap_or(&TABLES[0])
}

/// The language to answer in: the one asked for in the address, else the
/// browser's favourite among those there are, else English.
pub fn chosen(asked: Option<&str>, accepted: Option<&str>) -> &'static Tables {
    let known = |tag: &str| {
        let base = tag.split('-').next().unwrap_or_default().trim();
        candor_words::LANGUAGES.iter().find(|language| language.eq_ignore_ascii_case(base)).copied()
    };
    if let Some(language) = asked.and_then(known) {
        return of(language);
    }
    let weighed = accepted.unwrap_or_default().split(',').filter_map(|part| {
        let (tag, quality) = part.split_once(";q=").unwrap_or((part, "1"));
        let quality: f32 = quality.trim().parse().ok()?;
        Some((known(tag.trim())?, quality)).filter(|(_, quality)| *quality > 0.0)
    });
    // The first of equals, as browsers list them.
    let best = weighed.fold(None, |best: Option<(&str, f32)>, next| match best {
        Some(best) if best.1 >= next.1 => Some(best),
        _ => Some(next),
    });
    of(best.map_or("en", |(language, _)| language))
}

impl Tables {
    fn new(language: &'static str, locale: icu::locale::Locale) -> Self {
        const IN: &str = "the tables of this language are inside the binary";
        let wide = ListFormatterOptions::default().with_length(ListLength::Wide);
        Tables {
            language,
            cardinal: PluralRules::try_new_cardinal((&locale).into()).expect(IN),
            ordinal: PluralRules::try_new_ordinal((&locale).into()).expect(IN),
            decimal: DecimalFormatter::try_new((&locale).into(), Default::default()).expect(IN),
            date: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::long()).expect(IN),
            list: ListFormatter::try_new_and((&locale).into(), wide).expect(IN),
            locale,
        }
    }

    /// The language, as its catalogue is named.
    pub fn tag(&self) -> &'static str {
        self.language
    }
}

impl Locale for Tables {
    fn language(&self) -> &str {
        self.language
    }

    fn direction(&self) -> Direction {
        Direction::LeftToRight
    }

    fn plural(&self, n: u64) -> Plural {
        category(self.cardinal.category_for(n))
    }

    fn ordinal(&self, n: u64) -> Plural {
        category(self.ordinal.category_for(n))
    }

    fn number(&self, value: f64, digits: u8) -> String {
        // The shortest decimal that is this double, then rounded half away from zero, as `Intl` does.
        let Ok(mut decimal) = value.to_string().parse::<Decimal>() else { return value.to_string() };
        let half = SignedRoundingMode::Unsigned(UnsignedRoundingMode::HalfExpand);
        decimal.round_with_mode(-i16::from(digits), half);
        decimal.absolute.trim_end();
        self.decimal.format(&decimal).to_string()
    }

    fn money(&self, amount: &str, currency: &str) -> String {
        let plain = || format!("{amount} {currency}");
        let (Ok(decimal), Ok(code)) = (amount.parse::<Decimal>(), CurrencyType::try_from_str(currency)) else {
            return plain();
        };
        let formatter = if is_coded(self.language, currency) {
            CurrencyFormatter::try_new_code((&self.locale).into(), code, Default::default())
        } else {
            CurrencyFormatter::try_new_symbol((&self.locale).into(), code, Default::default())
        };
        match formatter {
            Ok(formatter) => formatter.format_fixed_decimal(&decimal).to_string(),
            Err(_) => plain(),
        }
    }

    fn date(&self, at: Timestamp) -> String {
        let (year, month, day) = at.date();
        match Date::try_new_gregorian(i32::try_from(year).unwrap_or(9999), month, day) {
            Ok(date) => self.date.format(&date).to_string(),
            Err(_) => at.to_string(),
        }
    }

    /// Where a page without a script is looked at is not known: the zone is said.
    fn moment(&self, at: Timestamp) -> String {
        let minutes = at.0.div_euclid(60_000).rem_euclid(24 * 60);
        format!("{}, {:02}:{:02} UTC", self.date(at), minutes / 60, minutes % 60)
    }

    fn list(&self, entries: &[String]) -> String {
        self.list.format(entries.iter()).to_string()
    }
}

/// Where a language writes the code itself, the tables leave the entry out and
/// would fall back to the symbol that no language is named for.
fn is_coded(language: &str, currency: &str) -> bool {
    match language {
        "fr" => ["CNY", "JPY"].contains(&currency),
        "pl" => !["BRL", "EUR", "PLN"].contains(&currency),
        _ => false,
    }
}

fn category(category: PluralCategory) -> Plural {
    match category {
        PluralCategory::Zero => Plural::Zero,
        PluralCategory::One => Plural::One,
        PluralCategory::Two => Plural::Two,
        PluralCategory::Few => Plural::Few,
        PluralCategory::Many => Plural::Many,
        PluralCategory::Other => Plural::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_wins_then_the_browsers_favourite_then_english() {
        let language = |asked, accepted| chosen(asked, accepted).language();
        assert_eq!(language(Some("pl-PL"), Some("fr")), "pl");
        assert_eq!(language(Some("xx"), Some("fr;q=0.5, pl;q=0.9, de")), "pl");
        assert_eq!(language(None, Some("de, fr, pl")), "fr");
        assert_eq!(language(None, Some("pl;q=0, *")), "en");
        assert_eq!(language(None, None), "en");
    }

    #[test]
    fn the_tables_answer_as_the_page_answers() {
        let samples: serde_json::Value = serde_json::from_str(include_str!("../../words/samples.json")).unwrap();
        let mut wrong = Vec::new();
        for (language, samples) in samples["languages"].as_object().unwrap() {
            let tables = of(language);
            assert_eq!(tables.language(), language);
            let mut check = |what: String, said: String, wanted: &serde_json::Value| {
                if wanted.as_str() != Some(&said) {
                    wrong.push(format!("{language} {what}: {said:?}, the page says {wanted}"));
                }
            };
            let word = |plural| Plural::WORDS.iter().find(|(_, known)| *known == plural).unwrap().0.to_owned();
            for (n, wanted) in samples["plural"].as_object().unwrap() {
                check(format!("plural {n}"), word(tables.plural(n.parse().unwrap())), wanted);
            }
            for (n, wanted) in samples["ordinal"].as_object().unwrap() {
                check(format!("ordinal {n}"), word(tables.ordinal(n.parse().unwrap())), wanted);
            }
            let rows = |name: &str| samples[name].as_array().unwrap().clone();
            for row in rows("numbers") {
                let digits = row[1].as_u64().unwrap() as u8;
                check(format!("number {row}"), tables.number(row[0].as_f64().unwrap(), digits), &row[2]);
            }
            for row in rows("money") {
                let said = tables.money(row[0].as_str().unwrap(), row[1].as_str().unwrap());
                check(format!("money {row}"), said, &row[2]);
            }
            for row in rows("dates") {
                check(format!("date {row}"), tables.date(Timestamp::parse(row[0].as_str().unwrap()).unwrap()), &row[1]);
            }
            for row in rows("lists") {
                let entries: Vec<String> =
                    row[0].as_array().unwrap().iter().map(|entry| entry.as_str().unwrap().to_owned()).collect();
                check(format!("list {row}"), tables.list(&entries), &row[1]);
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_moment_says_its_zone() {
        let at = Timestamp::parse("2026-11-25T08:05:59Z").unwrap();
        assert_eq!(of("en").moment(at), "25 November 2026, 08:05 UTC");
        assert_eq!(of("fr").moment(at), "25 novembre 2026, 08:05 UTC");
        assert_eq!(of("pl").moment(at), "25 listopada 2026, 08:05 UTC");
    }

    #[test]
    fn numbers_round_as_the_page_rounds() {
        let english = of("en");
        assert_eq!(english.number(0.5, 0), "1");
        assert_eq!(english.number(1234.5678, 2), "1,234.57");
        assert_eq!(english.number(2.10, 2), "2.1");
        assert_eq!(of("pl").number(1234.5, 1), "1234,5");
        assert_eq!(of("pl").money("5", "USD"), "5,00\u{a0}USD");
        assert_eq!(of("fr").money("5", "USD"), "5,00\u{a0}$US");
        assert_eq!(of("en").money("no number", "GBP"), "no number GBP");
    }
}
