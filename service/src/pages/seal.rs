//! A token in every form, so that no other page can send it.

use crate::clock::base32;
use crate::secret::same;
use crate::state::App;

const DAY_MS: i64 = 86_400_000;

/// The token for forms of this holder, today.
pub fn token(app: &App, what: &str, holder: &str) -> String {
    made(app, what, holder, app.now().0.div_euclid(DAY_MS))
}

/// Whether it is this holder's, of today or yesterday.
pub fn holds(app: &App, what: &str, holder: &str, token: &str) -> bool {
    let today = app.now().0.div_euclid(DAY_MS);
    [today, today - 1].into_iter().any(|day| same(made(app, what, holder, day).as_bytes(), token.as_bytes()))
}

fn made(app: &App, what: &str, holder: &str, day: i64) -> String {
    base32(&app.secret.keyed("form", &[what, holder, &day.to_string()]))
}
