//! Looking for traces of a person in every byte that is kept.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Row as _};

/// The forms a text can have: as it is, in base64 at each of three alignments, in hexadecimal.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![text.as_bytes().to_vec()];
    for skipped in 0..3 {
        // Only digits that depend on the text alone: the first and last may hold bits of neighbours.
        let mut bytes = vec![0; skipped];
        bytes.extend_from_slice(text.as_bytes());
        let whole = STANDARD.encode(&bytes);
        let first = (skipped * 8).div_ceil(6);
        let last = bytes.len() * 8 / 6;
        forms.push(whole.as_bytes()[first..last].to_vec());
    }
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.into_bytes());
    forms
}

/// Fewest bytes of a form: they are looked up by as many.
const SHORTEST: usize = 8;

/// A canary, and one of its forms with its number.
type Form<'a> = (&'a str, usize, Vec<u8>);

/// Forms by their first bytes, and which pairs of bytes those end with at all.
struct Wanted<'a> {
    by_beginning: HashMap<u64, Vec<Form<'a>>>,
    endings: Vec<bool>,
}

impl<'a> Wanted<'a> {
    fn new(canaries: &'a [String]) -> Self {
        let mut wanted = Self { by_beginning: HashMap::new(), endings: vec![false; 1 << 16] };
        for canary in canaries {
            for (number, form) in forms(canary).into_iter().enumerate() {
                let first: [u8; SHORTEST] = form[..SHORTEST].try_into().expect("a long form");
                let beginning = u64::from_be_bytes(first);
                wanted.endings[(beginning & 0xffff) as usize] = true;
                wanted.by_beginning.entry(beginning).or_default().push((canary, number, form));
            }
        }
        wanted
    }

    /// One pass over a piece, whatever is looked for.
    fn look(&self, (name, piece): &(String, Vec<u8>), found: &mut BTreeSet<String>) {
        let mut window = 0_u64;
        for (end, byte) in (1..).zip(piece) {
            window = (window << 8) | u64::from(*byte);
            if end < SHORTEST || !self.endings[(window & 0xffff) as usize] {
                continue;
            }
            for (canary, number, form) in self.by_beginning.get(&window).into_iter().flatten() {
                if piece[end - SHORTEST..].starts_with(form) {
                    found.insert(format!("{canary:?} in form {number} in {name}"));
                }
            }
        }
    }
}

/// Everything that is kept, piece by piece with a name.
pub type Pieces = Vec<(String, Vec<u8>)>;

/// Every file of a directory.
pub fn files(directory: &Path) -> Pieces {
    let (mut waiting, mut found) = (vec![directory.to_owned()], Vec::new());
    while let Some(path) = waiting.pop() {
        let entries = std::fs::read_dir(&path).expect("a directory");
        let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        for path in paths {
            if path.is_dir() {
                waiting.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("bytes");
                found.push((path.display().to_string(), bytes));
            }
        }
    }
    found
}

/// Every row of every table of a database, and what the planner knows of their columns.
pub async fn dump(pool: &PgPool) -> Pieces {
    let tables = "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables \
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
    let mut names: Vec<String> = sqlx::query_scalar(tables).fetch_all(pool).await.expect("names");
    assert!(names.len() > 10, "{names:?}");
    names.push("pg_catalog.pg_stats".to_owned());
    let mut found = Vec::new();
    for name in names {
        let select = format!("SELECT t::text FROM {name} t");
        let rows = sqlx::query(AssertSqlSafe(select)).fetch_all(pool).await.expect("rows");
        let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        found.push((name, rows.join("\n").into_bytes()));
    }
    found
}

/// Which canaries are found, in which form and where.
pub fn hits(pieces: &Pieces, canaries: &[String]) -> BTreeSet<String> {
    let (wanted, mut found) = (Wanted::new(canaries), BTreeSet::new());
    for piece in pieces {
        wanted.look(piece, &mut found);
    }
    found
}

#[test]
fn every_form_of_a_text_is_found() {
    let canary = "Maija Meikäläinen".to_owned();
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut pieces = vec![canary.clone(), format!("\\x{hex}ff")];
    for before in ["", "a", "bc", "def"] {
        pieces.push(STANDARD.encode(format!("{before}{canary}, and more")));
    }
    for piece in pieces {
        let piece = vec![("here".to_owned(), piece.clone().into_bytes())];
        assert_ne!(hits(&piece, std::slice::from_ref(&canary)), BTreeSet::new(), "{piece:?}");
        assert_eq!(hits(&piece, &["Olli Oikarinen".to_owned()]), BTreeSet::new());
    }
}
