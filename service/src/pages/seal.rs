//! A token in every form, so that no other page can send it.

use crate::clock::base32;
use crate::directory::Site;
use crate::secret::same;
use crate::state::App;

const DAY_MS: i64 = 86_400_000;

/// The token for forms of this holder at this site, today.
pub fn token(app: &App, site: &Site, what: &str, holder: &str) -> String {
    made(app, site, what, holder, app.now().0.div_euclid(DAY_MS))
}

/// Whether it is this holder's at this site, of today or yesterday.
pub fn holds(app: &App, site: &Site, what: &str, holder: &str, token: &str) -> bool {
    let today = app.now().0.div_euclid(DAY_MS);
    [today, today - 1].into_iter().any(|day| same(made(app, site, what, holder, day).as_bytes(), token.as_bytes()))
}

fn made(app: &App, site: &Site, what: &str, holder: &str, day: i64) -> String {
    // A holder is known by the shop's own id, which another shop may have given to somebody else.
    base32(&app.secret.keyed("form", &[&site.id, what, holder, &day.to_string()]))
}
