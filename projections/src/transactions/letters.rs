//! PostgreSQL's index for words: which three letters in a row stand in a transaction, and whose it is.
//!
//! `LIKE` with a wild card in front has to read every row of a person. A word of three letters or more can
//! only stand where all its threes do, and a GIN index gives the rows where those stand. It is made of
//! functions that PostgreSQL has, so it needs no extension and nobody's leave to create one. SQLite
//! has no such index: there an index holds the texts themselves, and only that is read.
//!
//! It costs a row of some 50 letters 25 µs of the server's time, as much as all else that a rebuild does for
//! it, so no rebuild makes it: [`crate::ReadModels::index_beside`] does once the rows are read, and until then
//! a search reads rows.

use crate::database::Value;
use crate::search::words;

/// Letters that are looked for together.
const LETTERS: usize = 3;

/// The threes of a column: those that begin at its first letter, at its second and at its third. No text has
/// line breaks ([`crate::search`] makes single spaces of them), so they part the threes.
const THREES: &str = r"STRING_TO_ARRAY(
    REGEXP_REPLACE(COLUMN, '(...)', E'\\1\n', 'g') || E'\n' ||
    REGEXP_REPLACE(SUBSTR(COLUMN, 2), '(...)', E'\\1\n', 'g') || E'\n' ||
    REGEXP_REPLACE(SUBSTR(COLUMN, 3), '(...)', E'\\1\n', 'g'), E'\n')";

fn threes(column: &str) -> String {
    THREES.replace("COLUMN", column)
}

/// The index's name.
pub(crate) const NAME: &str = "transactions_letters";

/// Of which table it is and what it holds, as it follows `CREATE INDEX … ON`.
pub(crate) fn definition() -> (&'static str, String) {
    ("transactions", format!("USING gin (({}), (ARRAY[user_id]))", threes("search")))
}

/// The condition that the index answers, with `$` for its values, the person and the threes of all words;
/// none if no word is long enough. It holds for every row where all words stand, and for some others.
pub(super) fn condition(user_id: Value, search: &str) -> Option<(String, [Value; 2])> {
    let mut wanted: Vec<String> = Vec::new();
    for word in words(search) {
        let letters: Vec<char> = word.chars().collect();
        wanted.extend(letters.windows(LETTERS).map(String::from_iter));
    }
    wanted.sort_unstable();
    wanted.dedup();
    let text = format!(
        "ARRAY[t.user_id] @> ARRAY[$] AND {} @> STRING_TO_ARRAY($, E'\\n')",
        threes("t.search")
    );
    (!wanted.is_empty()).then(|| (text, [user_id, wanted.join("\n").into()]))
}

#[cfg(test)]
mod tests {
    use super::{LETTERS, condition};

    #[test]
    fn a_word_is_looked_for_by_its_threes_and_a_short_one_is_not() {
        let threes = |search: &str| {
            let (text, [_, wanted]) = condition("somebody".into(), search)?;
            assert_eq!(text.matches('$').count(), 2, "{text}");
            assert!(text.contains(&".".repeat(LETTERS)), "{text}");
            Some(wanted)
        };
        assert_eq!(threes("Lidl"), Some("idl\nlid".into()));
        let town = "50%\naan\nane\neko\nkos\nnek\nosk\nski";
        assert_eq!(threes("Äänekoski 50%"), Some(town.into()));
        assert_eq!(threes("ab c"), None);
    }
}
