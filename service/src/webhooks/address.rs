//! Which addresses may be told.

use reqwest::Url;

/// The address as it is kept: `https`, or `http` to this very machine for development.
///
/// Private addresses are allowed: whoever registers one runs the service, and a shop's systems
/// often stand in its own network. A stranger can register nothing, redirects are not followed,
/// and what an endpoint answers is not read.
pub fn read(text: &str) -> Result<String, String> {
    let wrong = |what: &str| Err(format!("{text}: {what} Give one such as https://shop.example/hooks/candor."));
    let Ok(url) = Url::parse(text) else { return wrong("this is no address.") };
    if text.len() > candor_protocol::limits::URL_BYTES {
        return wrong("it is too long.");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("it holds a name or password, which logs would show.");
    }
    match url.scheme() {
        "https" => Ok(url.into()),
        "http" if is_here(&url) => Ok(url.into()),
        "http" => wrong("customers' choices go over https only; http is taken for 127.0.0.1, [::1] and localhost."),
        _ => wrong("it is not https."),
    }
}

fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn only_https_is_told_and_this_machine() {
        for fine in [
            "https://shop.example/hooks",
            "https://10.0.0.8:8443/x",
            "http://127.0.0.1:9000/",
            "http://[::1]:9/x",
            "http://localhost:9/x",
        ] {
            assert_eq!(read(fine).as_deref(), Ok(fine));
        }
        for wrong in [
            "http://shop.example/hooks",
            "http://localhost.shop.example/",
            "http://10.0.0.8/",
            "ftp://shop.example/",
            "https://user:word@shop.example/",
            "shop.example",
            "",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
