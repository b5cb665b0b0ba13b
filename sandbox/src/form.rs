//! `application/x-www-form-urlencoded`, read tolerantly: clients send values raw or encoded.

/// Most members of one form.
const MEMBERS_MAX: usize = 200;

/// A form or a query: names and values in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form; a value may carry raw `:` and `/`, and a broken percent sign stands for itself.
    pub(crate) fn parse(text: &str) -> Self {
        let members =
            text.split('&').filter(|member| !member.is_empty()).take(MEMBERS_MAX).map(|member| {
                let (name, value) = member.split_once('=').unwrap_or((member, ""));
                (decode(name), decode(value))
            });
        Self(members.collect())
    }

    /// The value of a member that is there once or more and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut members = self.0.iter();
        members
            .find(|(found, value)| found == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// All values of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The first name that comes twice, which RFC 6749 (3.2) forbids.
    pub(crate) fn repeated(&self) -> Option<&str> {
        self.0.iter().enumerate().find_map(|(index, (name, _))| {
            let twice = self.0[..index].iter().any(|(earlier, _)| earlier == name);
            twice.then_some(name.as_str())
        })
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let pair = text.get(index + 1..index + 3);
        match (bytes[index], pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                index += 3;
                continue;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        index += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Percent-encodes a value for a query or a fragment (RFC 3986 unreserved characters stay).
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_and_encoded_forms_read_the_same() {
        let raw = Form::parse("redirect_uri=https://localhost:8181/cb&scope=openid+accounts");
        let encoded =
            Form::parse("redirect_uri=https%3A%2F%2Flocalhost%3A8181%2Fcb&scope=openid%20accounts");
        for form in [raw, encoded] {
            assert_eq!(form.get("redirect_uri"), Some("https://localhost:8181/cb"));
            assert_eq!(form.get("scope"), Some("openid accounts"));
            assert_eq!(form.repeated(), None);
        }
        assert_eq!(Form::parse("a=1&a=2").repeated(), Some("a"));
        assert_eq!(Form::parse("a=100%&b=%zz").get("a"), Some("100%"));
    }
}
