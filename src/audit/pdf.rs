//! A small writer of PDF 1.4 (ISO 32000-1): headings, text and fixed-width lines on A4 pages, in the
//! fonts every reader has. Nothing is compressed, so the file can be read with any tool, and the same
//! lines give the same bytes.

/// Page size of A4 in points.
const PAGE: (u32, u32) = (595, 842);
/// Space on every side, in points.
const MARGIN: u32 = 50;
/// Lines on a page.
const LINES_A_PAGE: usize = 60;
/// Space from line to line, in points.
const LEADING: u32 = 12;
/// Characters of a fixed-width line: 495 points at 8 points a letter of 0.6 em.
const LETTERS_A_LINE: usize = 102;
/// Most pages; what follows is said to be left out.
pub const MOST_PAGES: usize = 2_000;

/// A line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A heading.
    Heading(String),
    /// Text.
    Text(String),
    /// Nothing.
    Space,
}

/// Writes a document.
#[must_use]
pub fn pdf(title: &str, lines: &[Line]) -> Vec<u8> {
    let mut laid_out: Vec<(bool, String)> = Vec::new();
    for line in lines {
        match line {
            Line::Heading(text) => wrap(text).for_each(|part| laid_out.push((true, part))),
            Line::Text(text) => wrap(text).for_each(|part| laid_out.push((false, part))),
            Line::Space => laid_out.push((false, String::new())),
        }
    }
    if laid_out.len() > LINES_A_PAGE * MOST_PAGES {
        laid_out.truncate(LINES_A_PAGE * MOST_PAGES - 1);
        laid_out.push((true, "The rest is left out here; it is in the records.".to_owned()));
    }
    let pages: Vec<&[(bool, String)]> = laid_out.chunks(LINES_A_PAGE).collect();
    let pages = if pages.is_empty() { vec![&[][..]] } else { pages };
    let count = pages.len();
    let mut file = File::new();
    // Objects 1 to 5 are fixed; then two for each page.
    let kids: Vec<String> = (0..count).map(|page| format!("{} 0 R", 6 + 2 * page)).collect();
    file.object("<< /Type /Catalog /Pages 2 0 R >>");
    file.object(&format!("<< /Type /Pages /Kids [{}] /Count {count} >>", kids.join(" ")));
    let font = |name: &str| {
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")
    };
    file.object(&font("Courier"));
    file.object(&font("Courier-Bold"));
    file.object_bytes(&[b"<< /Title (", literal(title).as_slice(), b") >>"].concat());
    for (number, page) in pages.iter().enumerate() {
        file.object(&format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Contents {} 0 R \
             /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
            PAGE.0,
            PAGE.1,
            7 + 2 * number
        ));
        let content = content(page, &format!("{} of {count}", number + 1));
        let head = format!("<< /Length {} >>\nstream\n", content.len());
        file.object_bytes(&[head.as_bytes(), &content, b"\nendstream"].concat());
    }
    file.finish()
}

fn content(lines: &[(bool, String)], number: &str) -> Vec<u8> {
    let mut content = format!("BT\n{LEADING} TL\n{MARGIN} {} Td\n", PAGE.1 - MARGIN).into_bytes();
    for (bold, text) in lines {
        content.extend_from_slice(if *bold { b"/F2 8 Tf\n(" } else { b"/F1 8 Tf\n(" });
        content.extend_from_slice(&literal(text));
        content.extend_from_slice(b") Tj T*\n");
    }
    content.extend_from_slice(b"ET\nBT\n/F1 8 Tf\n");
    content.extend_from_slice(format!("{MARGIN} 30 Td\n(").as_bytes());
    content.extend_from_slice(&literal(number));
    content.extend_from_slice(b") Tj\nET");
    content
}

/// A line in parts that fit, divided between words where that can be done.
fn wrap(text: &str) -> impl Iterator<Item = String> {
    let mut parts = Vec::new();
    let mut part: Vec<char> = Vec::new();
    for letter in text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }) {
        part.push(letter);
        if part.len() > LETTERS_A_LINE {
            let divide = part.iter().rposition(|letter| *letter == ' ');
            let divide = divide.filter(|place| *place > LETTERS_A_LINE / 2);
            let rest = part.split_off(divide.map_or(LETTERS_A_LINE, |place| place + 1));
            parts.push(part.iter().collect());
            part = "    ".chars().chain(rest).collect();
        }
    }
    parts.push(part.into_iter().collect());
    parts.into_iter()
}

/// Text as the inside of a literal string, in WinAnsi; what that does not have becomes `?`.
fn literal(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        let byte = match letter {
            '(' | ')' | '\\' => {
                bytes.push(b'\\');
                letter as u8
            }
            ' '..='~' => letter as u8,
            '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
            '€' => 0x80,
            '…' => 0x85,
            '‘' => 0x91,
            '’' => 0x92,
            '“' => 0x93,
            '”' => 0x94,
            '–' => 0x96,
            '—' => 0x97,
            _ => b'?',
        };
        bytes.push(byte);
    }
    bytes
}

/// A file under way: objects and where they begin.
struct File {
    bytes: Vec<u8>,
    places: Vec<usize>,
}

impl File {
    fn new() -> Self {
        // The second line tells that the file is not text.
        Self { bytes: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec(), places: Vec::new() }
    }

    fn object(&mut self, text: &str) {
        self.object_bytes(text.as_bytes());
    }

    fn object_bytes(&mut self, body: &[u8]) {
        self.places.push(self.bytes.len());
        self.bytes.extend_from_slice(format!("{} 0 obj\n", self.places.len()).as_bytes());
        self.bytes.extend_from_slice(body);
        self.bytes.extend_from_slice(b"\nendobj\n");
    }

    fn finish(mut self) -> Vec<u8> {
        let (begin, size) = (self.bytes.len(), self.places.len() + 1);
        let mut table = format!("xref\n0 {size}\n0000000000 65535 f \n");
        for place in &self.places {
            table.push_str(&format!("{place:010} 00000 n \n"));
        }
        table.push_str(&format!(
            "trailer\n<< /Size {size} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{begin}\n%%EOF\n"
        ));
        self.bytes.extend_from_slice(table.as_bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_table_are_where_objects_begin() {
        let lines: Vec<Line> = (0..200).map(|line| Line::Text(format!("line {line}"))).collect();
        let file = pdf("A (title) \\ with ä", &lines);
        let text = String::from_utf8_lossy(&file);
        let (_, table) = text.rsplit_once("\nxref\n").expect("a table");
        for (number, entry) in table.lines().skip(2).enumerate() {
            let Some(place) = entry.strip_suffix(" 00000 n ") else { break };
            let place: usize = place.parse().expect("a number");
            let wanted = format!("{} 0 obj", number + 1);
            assert!(file[place..].starts_with(wanted.as_bytes()), "{wanted}");
        }
        assert!(text.contains("/Count 4"), "200 lines, 60 a page");
        assert_eq!(file, pdf("A (title) \\ with ä", &lines), "the same bytes");
    }

    #[test]
    fn text_is_escaped_and_wrapped() {
        assert_eq!(literal("a(b)\\"), b"a\\(b\\)\\\\");
        assert_eq!(literal("ä€…漢"), [0xe4, 0x80, 0x85, b'?']);
        let long = "word ".repeat(60);
        let parts: Vec<String> = wrap(&long).collect();
        assert!(parts.len() > 2 && parts.iter().all(|part| part.chars().count() <= LETTERS_A_LINE));
        let solid = "x".repeat(250);
        assert_eq!(wrap(&solid).map(|part| part.trim().len()).sum::<usize>(), 250);
        assert_eq!(wrap("a\nb").collect::<Vec<_>>(), ["a b"]);
    }
}
