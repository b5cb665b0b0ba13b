//! How words are looked for: without case and without the marks above letters.

/// Most words of a search that count.
const MOST_WORDS: usize = 8;
/// Most characters of a word that count.
const LONGEST_WORD: usize = 64;

/// Lower case, without Nordic and accent marks, with single spaces.
fn folded(parts: &[Option<&str>]) -> String {
    let mut plain = String::new();
    write_folded(&mut plain, parts);
    plain
}

/// Writes what words are looked for in after what is in `plain`.
pub(crate) fn write_folded(plain: &mut String, parts: &[Option<&str>]) {
    let begin = plain.len();
    for word in parts.iter().flatten().flat_map(|part| part.split_whitespace()) {
        if plain.len() > begin {
            plain.push(' ');
        }
        if word.is_ascii() {
            let from = plain.len();
            plain.push_str(word);
            plain[from..].make_ascii_lowercase();
        } else {
            plain.extend(word.chars().flat_map(char::to_lowercase).map(without_mark));
        }
    }
}

/// The words that are looked for: folded, and no more and no longer ones than count.
pub(crate) fn words(search: &str) -> Vec<String> {
    let folded = folded(&[Some(search)]);
    let words = folded.split(' ').filter(|word| !word.is_empty()).take(MOST_WORDS);
    words.map(|word| word.chars().take(LONGEST_WORD).collect()).collect()
}

/// Patterns for `LIKE … ESCAPE '\'`, one a word: all of them have to be found.
pub(crate) fn patterns(search: &str) -> Vec<String> {
    words(search)
        .iter()
        .map(|word| {
            let mut pattern = String::from("%");
            for letter in word.chars() {
                if matches!(letter, '%' | '_' | '\\') {
                    pattern.push('\\');
                }
                pattern.push(letter);
            }
            pattern.push('%');
            pattern
        })
        .collect()
}

fn without_mark(letter: char) -> char {
    match letter {
        'ä' | 'å' | 'á' | 'à' | 'â' | 'ã' | 'æ' => 'a',
        'ö' | 'ø' | 'ó' | 'ò' | 'ô' | 'õ' => 'o',
        'é' | 'è' | 'ë' | 'ê' => 'e',
        'ü' | 'ú' | 'ù' | 'û' => 'u',
        'í' | 'ì' | 'ï' | 'î' => 'i',
        'ç' | 'č' => 'c',
        'š' => 's',
        'ž' => 'z',
        'ñ' => 'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{folded, patterns};

    #[test]
    fn marks_case_and_spaces_do_not_count() {
        assert_eq!(folded(&[Some("LAPSILISÄ"), None, Some(" Åbo\t Ö ")]), "lapsilisa abo o");
    }

    #[test]
    fn signs_of_a_pattern_are_looked_for_as_they_stand() {
        assert_eq!(patterns("50% A_b"), ["%50\\%%", "%a\\_b%"]);
        assert_eq!(patterns("  "), Vec::<String>::new());
    }
}
