//! What of the log an auditor wants to see, as words: `actor:person type:consent.* subject:…`.

use domain::id::UserId;
use domain::stream::StreamId;
use uuid::Uuid;

use crate::ledger::store::StoredEvent;

/// Longest filter, in characters.
pub const LONGEST_FILTER: usize = 500;
/// Most terms of a filter.
pub const MOST_TERMS: usize = 16;

/// Which events are wanted. Terms of one word are alternatives; different words all have to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who caused it.
    pub actors: Vec<String>,
    /// Kinds, with `*` and `?`.
    pub types: Vec<String>,
    /// People whose events these are.
    pub subjects: Vec<UserId>,
    /// Streams they stand in.
    pub streams: Vec<StreamId>,
    /// Chains of events that follow from one request or run.
    pub correlations: Vec<Uuid>,
}

/// The text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Too long or too many terms.
    #[error("a filter has at most {LONGEST_FILTER} characters and {MOST_TERMS} terms")]
    Size,
    /// Not `word:value`.
    #[error(
        "`{0}` is no term of a filter; there are actor:, type:, subject:, stream: and correlation:"
    )]
    Term(String),
    /// The value does not fit its word.
    #[error("`{0}` does not fit: {1}")]
    Value(String, &'static str),
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        if text.chars().count() > LONGEST_FILTER || text.split_whitespace().count() > MOST_TERMS {
            return Err(FilterError::Size);
        }
        let mut filter = Self::default();
        for term in text.split_whitespace() {
            let (word, value) =
                term.split_once(':').ok_or_else(|| FilterError::Term(term.to_owned()))?;
            let unfit = |why| FilterError::Value(term.to_owned(), why);
            match word {
                "actor" if ["person", "operator", "service", "bank"].contains(&value) => {
                    filter.actors.push(value.to_owned());
                }
                "actor" => return Err(unfit("actors are person, operator, service and bank")),
                "type" if !value.is_empty() => filter.types.push(value.to_owned()),
                "type" => return Err(unfit("a type is like consent.granted or consent.*")),
                "subject" => {
                    let subject = value.parse();
                    filter.subjects.push(subject.map_err(|_| unfit("a person is a UUID"))?);
                }
                "stream" => {
                    let stream = value.parse();
                    filter
                        .streams
                        .push(stream.map_err(|_| unfit("a stream is like consent-UUID"))?);
                }
                "correlation" => {
                    let chain = value.parse();
                    filter.correlations.push(chain.map_err(|_| unfit("a chain is a UUID"))?);
                }
                _ => return Err(FilterError::Term(term.to_owned())),
            }
        }
        Ok(filter)
    }
}

impl Filter {
    /// Whether an event of this actor and chain is wanted. Whose it is, is asked elsewhere.
    #[must_use]
    pub fn wants(&self, stored: &StoredEvent, actor: &str, correlation: &str) -> bool {
        let one_of = |some: &[String], fits: &dyn Fn(&str) -> bool| {
            some.is_empty() || some.iter().any(|text| fits(text))
        };
        one_of(&self.actors, &|wanted| wanted == actor)
            && one_of(&self.types, &|glob| fits(glob, &stored.event_type))
            && (self.streams.is_empty() || self.streams.contains(&stored.stream))
            && (self.correlations.is_empty()
                || self.correlations.iter().any(|chain| chain.to_string() == correlation))
    }
}

/// Whether a name fits a pattern in which `*` stands for any letters and `?` for one.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                // The last star takes one letter more.
                Some((place, taken)) => {
                    at = place + 1;
                    read = taken + 1;
                    star = Some((place, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_filter() {
        let id = Uuid::from_u128(7);
        let text = format!(
            "actor:person type:consent.* type:grant.issued subject:{id} stream:consent-{id}"
        );
        let filter: Filter = text.parse().expect("a filter");
        assert_eq!(filter.actors, ["person"]);
        assert_eq!(filter.types, ["consent.*", "grant.issued"]);
        assert_eq!(filter.subjects, [UserId(id)]);
        assert_eq!(filter.streams.len(), 1);
        assert_eq!("  ".parse(), Ok(Filter::default()));
    }

    #[test]
    fn what_is_no_filter_is_named() {
        for text in ["granted", "actor:nobody", "type:", "subject:x", "stream:x-1", "colour:red"] {
            let error = text.parse::<Filter>().expect_err("refused").to_string();
            assert!(error.contains(text), "{error}");
        }
        let many = "actor:bank ".repeat(MOST_TERMS + 1);
        assert_eq!(many.parse::<Filter>(), Err(FilterError::Size));
    }

    #[test]
    fn patterns() {
        let table = [
            ("consent.*", "consent.granted", true),
            ("consent.*", "account.opened", false),
            ("*", "", true),
            ("", "a", false),
            ("*.recorded", "account.transaction_recorded", false),
            ("*_recorded", "account.transaction_recorded", true),
            ("a*b*c", "aXXbYYbc", true),
            ("a*b*c", "aXXbYYcb", false),
            ("a?c", "ac", false),
            ("abc*", "ab", false),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
