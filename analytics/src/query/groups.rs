//! Adds rows up while they are read.

use std::collections::HashMap;

use super::QueryError;
use super::shape::{Against, Condition, Place};
use crate::reading::{Chunk, Open, Part, Texts};
use crate::schema::{Kind, Table};

/// Most groups that are kept: beyond it rows are looked at one by one.
const MOST_GROUPS: usize = 1_000_000;
/// Largest table of pairs that is kept as a plain list, in places.
const LARGEST_PLAIN: usize = 1 << 20;

/// What is known of the texts of each column, over all files.
pub(super) struct Dictionary {
    texts: HashMap<Place, Texts>,
    numbers: HashMap<Place, Numbers>,
}

/// Gives equal numbers equal codes, from 1. Nought is none.
#[derive(Default)]
struct Numbers {
    codes: HashMap<i64, u32>,
    numbers: Vec<i64>,
}

impl Numbers {
    fn code(&mut self, number: i64) -> u32 {
        *self.codes.entry(number).or_insert_with(|| {
            self.numbers.push(number);
            u32::try_from(self.numbers.len()).unwrap_or(u32::MAX)
        })
    }
}

/// A value of a group or row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    None,
    Text(&'a str),
    Number(i64),
}

impl Dictionary {
    pub fn new() -> Self {
        Self { texts: HashMap::new(), numbers: HashMap::new() }
    }

    pub fn texts(&mut self, place: Place) -> &mut Texts {
        self.texts.entry(place).or_default()
    }

    /// A text by its code.
    pub fn text(&self, place: Place, code: u32) -> Value<'_> {
        let text = self.texts.get(&place).and_then(|texts| texts.text(code));
        text.map_or(Value::None, Value::Text)
    }

    fn key(&self, place: Place, code: u32) -> Value<'_> {
        match self.numbers.get(&place) {
            Some(_) if code == 0 => Value::None,
            Some(numbers) => {
                let number = numbers.numbers.get(code as usize - 1);
                number.map_or(Value::None, |number| Value::Number(*number))
            }
            None => self.text(place, code),
        }
    }

    fn codes(&mut self, place: Place, chunk: Chunk) -> Vec<u32> {
        let numbers = self.numbers.entry(place);
        match chunk {
            Chunk::Codes(codes) => codes,
            Chunk::Numbers(all) => {
                let numbers = numbers.or_default();
                let (mut last, mut code) = (None, 0);
                let each = all.into_iter().map(|number| {
                    if last != Some(number) {
                        (last, code) = (Some(number), numbers.code(number));
                    }
                    code
                });
                each.collect()
            }
            Chunk::Sparse(all, there) => {
                let numbers = numbers.or_default();
                let each = all.into_iter().zip(there);
                each.map(|(number, there)| if there { numbers.code(number) } else { 0 }).collect()
            }
        }
    }
}

/// The rows of a group of rows that meet conditions; none if all do.
pub(super) fn meeting(
    open: &Open<'_>,
    group: usize,
    table: &'static Table,
    conditions: &[Condition],
    dictionary: &mut Dictionary,
) -> Result<Option<Vec<bool>>, QueryError> {
    let mut mask: Option<Vec<bool>> = None;
    for condition in conditions {
        let Place::Column(at) = condition.column else { continue };
        let texts = dictionary.texts(condition.column);
        let chunk = open.column(group, &table.columns[at], texts)?;
        let mask = mask.get_or_insert_with(|| vec![true; open.rows(group)]);
        match (chunk, &condition.against) {
            (Chunk::Codes(codes), Against::Text(text)) => {
                let holds = |code| {
                    let known = texts.text(code);
                    known.is_some_and(|known| condition.compare.holds(known, text.as_str()))
                };
                let each: Vec<bool> = (0..texts.count())
                    .map(|code| holds(u32::try_from(code).unwrap_or(0)))
                    .collect();
                for (keep, code) in mask.iter_mut().zip(codes) {
                    *keep &= each[code as usize];
                }
            }
            (Chunk::Numbers(all), Against::Number(number)) => {
                for (keep, one) in mask.iter_mut().zip(all) {
                    *keep &= condition.compare.holds(&one, number);
                }
            }
            (Chunk::Sparse(all, there), Against::Number(number)) => {
                for ((keep, one), there) in mask.iter_mut().zip(all).zip(there) {
                    *keep &= there && condition.compare.holds(&one, number);
                }
            }
            _ => return Err(QueryError::Kind(condition.column.name(table))),
        }
    }
    Ok(mask)
}

/// Whether a file's month meets the conditions on it.
pub(super) fn month_meets(part: &Part, conditions: &[Condition]) -> bool {
    let Some(day) = part.month else { return true };
    let day = i64::from(crate::rows::day_number(day));
    conditions.iter().filter(|one| one.column == Place::Month).all(|one| match &one.against {
        Against::Number(number) => one.compare.holds(&day, number),
        Against::Text(_) => false,
    })
}

/// Sums of one measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    pub sum: i64,
    pub count: i64,
    pub least: i64,
    pub most: i64,
}

const NOTHING: Sum = Sum { sum: 0, count: 0, least: i64::MAX, most: i64::MIN };

/// Rows added up by keys.
pub(super) struct Groups {
    keys: Vec<Place>,
    measures: Vec<usize>,
    pairs: Vec<Pairs>,
    members: Vec<Vec<u32>>,
    rows: Vec<i64>,
    sums: Vec<Vec<Sum>>,
}

/// Gives a number to each pair of a group so far and the code of one more key.
#[derive(Default)]
struct Pairs {
    plain: Vec<u32>,
    width: usize,
    /// One more than the highest code of any file so far: what is known has to find its place again.
    codes: usize,
    known: HashMap<(u32, u32), u32>,
    count: u32,
}

impl Pairs {
    /// Makes room for so many groups and codes.
    fn widen(&mut self, groups: usize, codes: usize) {
        self.codes = self.codes.max(codes);
        let codes = self.codes;
        let fits = groups.saturating_mul(codes) <= LARGEST_PLAIN;
        if !fits {
            self.plain.clear();
            self.width = 0;
        } else if codes > self.width || groups * self.width > self.plain.len() {
            let (width, height) = (codes.next_power_of_two(), groups.next_power_of_two());
            self.plain = vec![u32::MAX; width * height];
            self.width = width;
            for ((group, code), number) in &self.known {
                self.plain[*group as usize * width + *code as usize] = *number;
            }
        }
    }

    fn number(&mut self, group: u32, code: u32) -> u32 {
        if self.width > 0 {
            let place = group as usize * self.width + code as usize;
            if self.plain[place] != u32::MAX {
                return self.plain[place];
            }
        }
        let count = &mut self.count;
        let number = *self.known.entry((group, code)).or_insert_with(|| {
            *count += 1;
            *count - 1
        });
        if self.width > 0 {
            self.plain[group as usize * self.width + code as usize] = number;
        }
        number
    }
}

impl Groups {
    pub fn new(keys: Vec<Place>, measures: Vec<usize>) -> Self {
        let pairs = keys.iter().map(|_| Pairs::default()).collect();
        let sums = measures.iter().map(|_| Vec::new()).collect();
        Self { keys, measures, pairs, members: Vec::new(), rows: Vec::new(), sums }
    }

    /// Adds a file; false if there are more groups than are kept.
    pub fn add(
        &mut self,
        open: &Open<'_>,
        table: &'static Table,
        conditions: &[Condition],
        dictionary: &mut Dictionary,
    ) -> Result<bool, QueryError> {
        for group in 0..open.groups() {
            let mask = meeting(open, group, table, conditions, dictionary)?;
            let count = open.rows(group);
            let mut numbers = vec![0_u32; count];
            let mut columns = Vec::with_capacity(self.keys.len());
            for (at, key) in self.keys.iter().enumerate() {
                let codes = match key.column(table) {
                    None => {
                        let month = open.month().unwrap_or_default();
                        dictionary.codes(*key, Chunk::Numbers(vec![month; count]))
                    }
                    Some(column) => {
                        let chunk = open.column(group, column, dictionary.texts(*key))?;
                        dictionary.codes_of(*key, column.kind, chunk)
                    }
                };
                let before = if at == 0 { 1 } else { self.pairs[at - 1].count as usize };
                let highest = codes.iter().max().map_or(0, |code| *code as usize);
                self.pairs[at].widen(before.max(1), highest + 1);
                let pairs = &mut self.pairs[at];
                for (place, (number, code)) in numbers.iter_mut().zip(&codes).enumerate() {
                    if mask.as_ref().is_none_or(|mask| mask[place]) {
                        *number = pairs.number(*number, *code);
                    }
                }
                if self.pairs[at].count as usize > MOST_GROUPS {
                    return Ok(false);
                }
                columns.push(codes);
            }
            self.count(&numbers, &columns, mask.as_deref());
            for (at, measure) in self.measures.iter().enumerate() {
                let chunk = open.column(group, &table.columns[*measure], &mut Texts::default())?;
                add_up(&mut self.sums[at], self.rows.len(), &numbers, mask.as_deref(), &chunk)?;
            }
        }
        Ok(true)
    }

    fn count(&mut self, numbers: &[u32], columns: &[Vec<u32>], mask: Option<&[bool]>) {
        for (place, number) in numbers.iter().enumerate() {
            if mask.is_some_and(|mask| !mask[place]) {
                continue;
            }
            // Numbers are given in turn, so a new one is the next.
            if *number as usize == self.rows.len() {
                self.rows.push(0);
                self.members.push(columns.iter().map(|codes| codes[place]).collect());
            }
            self.rows[*number as usize] += 1;
        }
    }

    /// The groups: their keys, how many rows, and their sums.
    pub fn each(&self) -> impl Iterator<Item = (&[u32], i64, Vec<Sum>)> {
        self.members.iter().enumerate().map(|(at, members)| {
            let sums = self.sums.iter().map(|sums| sums.get(at).copied().unwrap_or(NOTHING));
            (members.as_slice(), self.rows[at], sums.collect())
        })
    }

    /// The value of a key of a group.
    pub fn key<'a>(&self, at: usize, code: u32, dictionary: &'a Dictionary) -> Value<'a> {
        dictionary.key(self.keys[at], code)
    }
}

fn add_up(
    sums: &mut Vec<Sum>,
    groups: usize,
    numbers: &[u32],
    mask: Option<&[bool]>,
    chunk: &Chunk,
) -> Result<(), QueryError> {
    sums.resize(groups, NOTHING);
    let mut add = |place: usize, number: i64| -> Result<(), QueryError> {
        if mask.is_some_and(|mask| !mask[place]) {
            return Ok(());
        }
        let sum = &mut sums[numbers[place] as usize];
        sum.sum = sum.sum.checked_add(number).ok_or(QueryError::Overflow)?;
        sum.count += 1;
        sum.least = sum.least.min(number);
        sum.most = sum.most.max(number);
        Ok(())
    };
    match chunk {
        Chunk::Numbers(all) => {
            for (place, number) in all.iter().enumerate() {
                add(place, *number)?;
            }
        }
        Chunk::Sparse(all, there) => {
            for (place, (number, there)) in all.iter().zip(there).enumerate() {
                if *there {
                    add(place, *number)?;
                }
            }
        }
        Chunk::Codes(_) => return Err(QueryError::Kind("a sum")),
    }
    Ok(())
}

impl Dictionary {
    fn codes_of(&mut self, place: Place, kind: Kind, chunk: Chunk) -> Vec<u32> {
        match kind {
            Kind::Word | Kind::Text => match chunk {
                Chunk::Codes(codes) => codes,
                _ => Vec::new(),
            },
            _ => self.codes(place, chunk),
        }
    }
}
