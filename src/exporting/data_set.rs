//! The columnar data set: the tables of `analytics`, a month a file, of one person with everything
//! that is theirs, or of all people a role covers under pseudonyms.

mod tables;

use std::collections::BTreeSet;
use std::path::Path;

use analytics::writing::WRITER;
use analytics::{DATA_SET_VERSION, Rows, Table};
use chrono::{DateTime, Utc};
use domain::id::UserId;
use domain::role::{Role, RoleGranted};
use projections::View;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::ExportError;
use super::files::{FilesError, NewFile, Writing, Written};
use crate::app::App;
use crate::ledger::LedgerError;
use crate::roles::{Asked, RoleError, use_role};
use crate::sync::record::caught_up;
use crate::vault::crypto::hex;
use tables::Snapshot;

/// Fewest people that rows without names are about: below it a row could be told to be somebody's.
pub const FEWEST_PEOPLE: usize = 5;
/// Most people of one data set.
const MOST_PEOPLE: u32 = 10_000;

/// Whose rows a data set holds, and how they are named.
pub struct Whose {
    people: Vec<UserId>,
    names: Names,
    /// By which role; none for a person's own.
    granted: Option<RoleGranted>,
}

/// How people and what is theirs are named.
enum Names {
    /// By their identifiers; what they are called is told.
    Own,
    /// By what stands for them within one role alone; nothing names them.
    Pseudonyms { key: std::sync::Arc<crate::vault::crypto::DataKey>, purpose: String },
}

impl Whose {
    /// One person, who is allowed everything that is theirs.
    #[must_use]
    pub fn person(user_id: UserId) -> Self {
        Self { people: vec![user_id], names: Names::Own, granted: None }
    }

    /// Everybody an analyst's role covers, under the pseudonyms of that role. It is kept in the log
    /// as a use of the role.
    ///
    /// # Errors
    /// [`ExportError::Role`] if the role does not stand, [`ExportError::TooFewPeople`].
    pub async fn analyst(
        app: &App,
        correlation: Uuid,
        role: &RoleGranted,
    ) -> Result<Self, ExportError> {
        let asked = Asked {
            holder: role.holder,
            role_id: role.role_id,
            role: Role::Analyst,
            what: "data_set",
            subject: None,
            object: None,
            token_id: None,
        };
        let granted = use_role(app, correlation, asked).await?;
        caught_up(app).await?;
        let people = match granted.people.clone() {
            Some(people) => people,
            None => app.read.people().some(MOST_PEOPLE).await?,
        };
        if people.iter().collect::<BTreeSet<_>>().len() < FEWEST_PEOPLE {
            return Err(ExportError::TooFewPeople);
        }
        let (_, key) = app.keys.platform().await?;
        let names = Names::Pseudonyms { key, purpose: format!("analysis/{}", granted.role_id) };
        Ok(Self { people, names, granted: Some(granted) })
    }

    /// What stands for something.
    fn name(&self, of: Uuid) -> String {
        match &self.names {
            Names::Own => of.to_string(),
            Names::Pseudonyms { key, purpose } => {
                key.identifier(purpose, of.as_bytes()).to_string()
            }
        }
    }

    /// What may name somebody, where it may be told.
    fn told<'a>(&self, text: Option<&'a str>) -> Option<&'a str> {
        text.filter(|_| !self.hides())
    }

    fn hides(&self) -> bool {
        matches!(self.names, Names::Pseudonyms { .. })
    }

    /// Whether what was recorded then is covered.
    fn covers(&self, at: DateTime<Utc>) -> bool {
        self.granted.as_ref().is_none_or(|granted| granted.covers(at))
    }

    /// Whether all times are covered, so that what was summed up over time may be told.
    fn covers_always(&self) -> bool {
        let granted = self.granted.as_ref();
        granted.is_none_or(|granted| granted.facts_from.is_none() && granted.facts_to.is_none())
    }

    /// Whether rows about so many people may be told.
    fn enough(&self, people: usize) -> bool {
        !self.hides() || people >= FEWEST_PEOPLE
    }
}

/// A role by its identifier, to be used for a data set.
///
/// # Errors
/// [`ExportError::Role`] if there is no such role.
pub async fn role(app: &App, role_id: domain::id::RoleId) -> Result<RoleGranted, ExportError> {
    let stream = crate::roles::stream(role_id);
    let loaded = app.ledger.load::<domain::role::GrantedRole>(stream).await?;
    let granted = loaded.aggregate.granted().cloned();
    Ok(granted.ok_or(RoleError::Refused(domain::role::RoleRefusal::Unknown))?)
}

/// Writes a data set into a directory. `stop` is asked between files: what is written stays, and the
/// next run goes on there.
///
/// # Errors
/// [`ExportError`]; the manifest then still tells of the last whole export.
pub async fn export(
    app: &App,
    whose: &Whose,
    out: &Path,
    stop: impl Fn() -> bool,
    mut progress: impl FnMut(usize, usize),
) -> Result<Written, ExportError> {
    let position = app.ledger.log().head().await.map_err(LedgerError::from)?.position;
    caught_up(app).await?;
    let view: View = app.read.now();
    let today = app.clock.now().date_naive();
    let writing = Writing::begin(out, "parquet", position)?.of_data_set(DATA_SET_VERSION);
    let mut files = Files { writing, stop: &stop };
    let mut snapshot = Snapshot::read(&view, whose, today).await?;
    let months = snapshot.months().len();
    let all = months * 2 + tables::WHOLE_TABLES;
    let mut done = 0;
    // The newest first: balances are walked back from what banks say now.
    for month in snapshot.months().into_iter().rev() {
        let (transactions, balances) = snapshot.month(&view, whose, &month).await?;
        for rows in [transactions, balances] {
            files.month(&month, &rows)?;
            done += 1;
            progress(done, all);
        }
    }
    for rows in snapshot.tables(whose)? {
        files.whole(&rows)?;
        done += 1;
        progress(done.min(all), all);
    }
    for (month, rows) in tables::calls(&view, whose).await? {
        files.month(&month, &rows)?;
    }
    progress(all, all);
    Ok(files.writing.finish()?)
}

struct Files<'a, S> {
    writing: Writing<'a>,
    stop: &'a S,
}

impl<S: Fn() -> bool> Files<'_, S> {
    /// The file of a month (`YYYY-MM`); none without rows.
    fn month(&mut self, month: &str, rows: &Rows) -> Result<(), ExportError> {
        let Some(column) = rows.table().month.filter(|_| rows.count() > 0) else { return Ok(()) };
        self.put(&format!("{}/{column}={month}-01/part.parquet", rows.table().name), rows)
    }

    fn whole(&mut self, rows: &Rows) -> Result<(), ExportError> {
        let table: &Table = rows.table();
        self.put(&format!("{}/part.parquet", table.name), rows)
    }

    fn put(&mut self, name: &str, rows: &Rows) -> Result<(), ExportError> {
        if (self.stop)() {
            return Err(FilesError::Stopped.into());
        }
        let mut digest = Sha256::new();
        digest.update(WRITER.as_bytes());
        digest.update(DATA_SET_VERSION.to_le_bytes());
        rows.each_byte(|bytes| digest.update(bytes));
        let content = hex(&digest.finalize());
        if self.writing.keep(name, &content)? {
            return Ok(());
        }
        let bytes = analytics::bytes(rows)?;
        let file = NewFile { name: name.to_owned(), rows: rows.count(), bytes };
        Ok(self.writing.put(file, Some(content))?)
    }
}
