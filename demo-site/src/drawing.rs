//! Each product's picture.

use crate::html_text::escape;

macro_rules! drawings {
    ($($id:literal)*) => {
        /// The drawing of one of the shop's own products, as SVG.
        pub fn of(id: &str) -> Option<&'static str> {
            match id {
                $($id => Some(include_str!(concat!("../drawings/", $id, ".svg"))),)*
                _ => None,
            }
        }
    };
}

drawings! {
    "1001" "1002" "1003" "1004" "1005" "1006" "1007" "1008" "1009" "1010"
    "2001" "2002" "2003" "2004" "2005" "2006" "2007" "2008" "2009" "2010"
    "3001" "3002" "3003" "3004" "3005" "3006" "3007" "3008" "3009" "3010"
    "4001" "4002" "4003" "4004" "4005" "4006" "4007" "4008" "5001" "5002"
    "5003" "5004" "5005" "5006" "5007" "6001" "6002" "6003"
}

const TILES: [(&str, &str); 6] = [
    ("#F4EAD5", "#7A5B2E"),
    ("#E3EAEF", "#34495C"),
    ("#E0EBDC", "#46614B"),
    ("#ECE6F0", "#564465"),
    ("#F8E5E2", "#8A4B45"),
    ("#EAE5DE", "#5B5148"),
];

/// A quiet typographic tile for a product that nobody drew: its name, set large.
pub fn tile(id: &str, title: &str) -> String {
    let (ground, ink) = TILES[id.bytes().map(usize::from).sum::<usize>() % TILES.len()];
    let lines = broken(title, 13, 4);
    let top = 108 - lines.len() as i32 * 12;
    let mut text = String::new();
    for (row, line) in lines.iter().enumerate() {
        let y = top + row as i32 * 24;
        text.push_str(&format!(r#"<text x="22" y="{y}">{}</text>"#, escape(line)));
    }
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><rect width="200" height="200" fill="{ground}"/><path d="M22 40h28" stroke="{ink}" stroke-width="2"/><g fill="{ink}" font-family="Georgia, serif" font-size="20">{text}</g><text x="22" y="176" fill="{ink}" opacity=".6" font-family="system-ui, sans-serif" font-size="10" letter-spacing="1">{}</text></svg>"##,
        escape(id)
    )
}

/// The text in lines of at most `width` letters, cut after `most` lines.
fn broken(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.truncate(most);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_hold_no_script_style_or_outside_address() {
        for product in crate::catalogue::Catalogue::own().iter() {
            let svg = of(&product.id).unwrap();
            assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{}", product.id);
            for banned in ["<script", "style=", "<style", "href", "url(http", "onload"] {
                assert!(!svg.contains(banned), "{} holds {banned}", product.id);
            }
        }
    }

    #[test]
    fn a_tile_escapes_the_title() {
        let svg = tile("85123A", "<b>HEART & HOLDER");
        assert!(svg.contains("&lt;b&gt;HEART") && !svg.contains("<b>"));
    }
}
