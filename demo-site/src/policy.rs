//! The content security policy of a strict shop, and two stricter ones for tests.

/// What a page may load and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Own scripts and the service's, its Wasm, nothing inline.
    #[default]
    Strict,
    /// The same without Wasm.
    NoWasm,
    /// The same, and no markup from strings anywhere.
    TrustedTypes,
}

/// The origins that a page meets beside its own.
#[derive(Debug, Clone)]
pub struct Origins {
    /// Where the customer's page reaches the service.
    pub service: String,
    /// Where the privacy desk is.
    pub desk: String,
}

impl Policy {
    pub fn parse(word: Option<&str>) -> Self {
        match word {
            Some("strict-no-wasm") => Policy::NoWasm,
            Some("trusted-types") => Policy::TrustedTypes,
            _ => Policy::Strict,
        }
    }

    /// The header. deep-chat writes style elements into its shadow root, so the
    /// page that holds the chat allows those; never inline script.
    pub fn header(self, origins: &Origins, chat: bool) -> String {
        let Origins { service, desk } = origins;
        let wasm = if self == Policy::NoWasm { "" } else { " 'wasm-unsafe-eval'" };
        let style = if chat { " 'unsafe-inline'" } else { "" };
        let types = if self == Policy::TrustedTypes {
            "; require-trusted-types-for 'script'; trusted-types 'none'"
        } else {
            ""
        };
        format!(
            "default-src 'none'; script-src 'self' {service}{wasm}; style-src 'self'{style}; img-src 'self' data:; font-src 'self'; \
             connect-src 'self' {service}; frame-src {service} {desk}; form-action 'self' {service}; base-uri 'none'; \
             frame-ancestors 'self'{types}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_policy_allows_inline_script_and_only_the_chat_inline_style() {
        let origins = Origins { service: "http://localhost:2".into(), desk: "http://localhost:3".into() };
        for policy in [Policy::Strict, Policy::NoWasm, Policy::TrustedTypes] {
            let header = policy.header(&origins, false);
            assert!(!header.contains("unsafe-inline") && !header.contains("'unsafe-eval'"), "{header}");
            let chat = policy.header(&origins, true);
            let script = chat.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
            assert!(!script.contains("unsafe-inline"), "{chat}");
        }
        assert!(!Policy::NoWasm.header(&origins, false).contains("wasm"));
        assert!(Policy::TrustedTypes.header(&origins, false).contains("require-trusted-types-for 'script'"));
    }
}
