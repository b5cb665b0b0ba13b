//! What a statement adds to an account: decided for a preview, or decided and recorded.

use chrono::{DateTime, NaiveTime, Utc};
use domain::account::{Account, AccountCommand};
use domain::id::{FetchId, ImportId};
use domain::import::StatementRead;
use domain::observed::{BalanceKind, Evidence, ObservedBalance, ObservedTransaction};
use domain::reconcile::file::{FileAnswer, FileQuestion, reconcile_file};
use domain::reconcile::{Outcome, Sighted, Window};
use domain::redecide::first_known;
use domain::transaction::{BalanceProof, KnownRow, WindowReconciled};
use formats::{AccountStatement, BalanceCheck, DayBalance};
use uuid::Uuid;

use super::{AccountPreview, Counts, ImportError, ROWS_SHOWN, ShownRow, Verdict, target};
use crate::app::App;
use crate::identity::transaction_id;
use crate::ledger::store::AppendError;
use crate::ledger::{Actor, Cause, CommandError, LedgerError, Owner};
use crate::sync::SyncError;
use crate::sync::record::{append, caught_up, stream};

/// Tries to decide one statement when its account changes meanwhile.
const MOST_TRIES: u32 = 8;

/// The rows newest first, as bank's answers have them, with their lines.
pub(crate) fn newest_first(statement: &AccountStatement) -> Vec<(u32, ObservedTransaction)> {
    let mut rows: Vec<_> =
        statement.rows.iter().map(|row| (row.line, row.observed.clone())).collect();
    let day = |row: Option<&(u32, ObservedTransaction)>| row.map(|(_, row)| row.booking_date);
    if day(rows.first()) <= day(rows.last()) {
        rows.reverse();
    }
    rows
}

fn window(statement: &AccountStatement, now: DateTime<Utc>) -> Window {
    Window {
        from: statement.from,
        to: statement.to.unwrap_or_else(|| now.date_naive()),
        whole: statement.check == BalanceCheck::Holds,
    }
}

/// What is decided of a statement, on what is known at a version of the account's stream.
struct Decided {
    lines: Vec<u32>,
    told: FileAnswer,
    window: Window,
    version: u64,
}

async fn decided(
    app: &App,
    account: &target::Account,
    statement: &AccountStatement,
    fed_by_bank: bool,
) -> Result<Decided, ImportError> {
    caught_up(app).await?;
    let window = window(statement, app.clock.now());
    let account_id = account.opened.account_id;
    let (lines, rows): (Vec<_>, Vec<_>) = newest_first(statement).into_iter().unzip();
    let (known, version): (Vec<KnownRow>, u64) =
        app.read.transactions().known_rows_of(account_id, first_known(&rows, window)).await?;
    let question = FileQuestion { known: &known, rows: &rows, window, fed_by_bank };
    Ok(Decided { lines, told: reconcile_file(&question), window, version })
}

fn verdict(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::New { .. } => Verdict::New,
        Outcome::Settled { .. } => Verdict::Settles,
        Outcome::Doubtful { .. } => Verdict::Doubtful,
        Outcome::Same { .. } | Outcome::Amended { .. } | Outcome::Again { .. } => Verdict::Same,
    }
}

/// What a statement would add.
pub(super) async fn preview(
    app: &App,
    account: target::Account,
    statement: AccountStatement,
) -> Result<AccountPreview, ImportError> {
    let state = app.ledger.load::<Account>(stream(account.opened.account_id)).await?.aggregate;
    let fed_by_bank = state.linked.is_some();
    let decided = decided(app, &account, &statement, fed_by_bank).await?;
    let mut counts = Counts::default();
    let FileAnswer { rows, answer } = decided.told;
    let shown = decided.lines.into_iter().zip(rows).zip(&answer.rows);
    let mut rows: Vec<ShownRow> = shown
        .map(|((line, observed), decided)| {
            let verdict = verdict(&decided.outcome);
            match verdict {
                Verdict::New => counts.new += 1,
                Verdict::Same => counts.same += 1,
                Verdict::Settles => counts.settles += 1,
                Verdict::Doubtful => counts.doubtful += 1,
            }
            ShownRow { line, observed, verdict }
        })
        .collect();
    rows.sort_by_key(|row| match row.verdict {
        Verdict::Doubtful => 0,
        Verdict::New | Verdict::Settles => 1,
        Verdict::Same => 2,
    });
    rows.truncate(ROWS_SHOWN);
    let opened = account.opened;
    Ok(AccountPreview {
        account_id: account.known.then_some(opened.account_id),
        identifier: opened.identifier,
        name: opened.name,
        kind: opened.kind,
        fed_by_bank,
        statement,
        counts,
        rows,
    })
}

/// Records what a statement adds.
pub(super) async fn record(
    app: &App,
    correlation: Uuid,
    import_id: ImportId,
    account: target::Account,
    statement: AccountStatement,
) -> Result<StatementRead, ImportError> {
    observe(app, correlation, import_id, &account, &statement).await?;
    for _ in 0..MOST_TRIES {
        match attempt(app, correlation, import_id, &account, &statement).await {
            // Somebody else wrote to the account, or an append half-way was lost: decide again on
            // what is there now.
            Err(ImportError::Ledger(LedgerError::Append(
                AppendError::Conflict { .. } | AppendError::IdentifierInUse,
            ))) => {}
            other => return other,
        }
    }
    let changing = "an account changes faster than a file can be compared with it";
    Err(SyncError::Read(changing.to_owned()).into())
}

/// Opens the account if it is new, and notes the balances the statement closes with.
async fn observe(
    app: &App,
    correlation: Uuid,
    import_id: ImportId,
    account: &target::Account,
    statement: &AccountStatement,
) -> Result<(), ImportError> {
    let balance = |kind, balance: &Option<DayBalance>| {
        let DayBalance { amount, amount_text, .. } = balance.as_ref()?;
        Some(ObservedBalance { kind, amount: *amount, amount_text: amount_text.clone() })
    };
    let closing = statement.closing.as_ref().and_then(|closing| closing.day);
    let day = closing.or(statement.to).unwrap_or_else(|| app.clock.now().date_naive());
    let end = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default();
    let balances = [
        balance(BalanceKind::Booked, &statement.closing),
        balance(BalanceKind::Available, &statement.available),
    ];
    let command = AccountCommand::ObserveFile {
        opened: Box::new(account.opened.clone()),
        balances: balances.into_iter().flatten().collect(),
        observed_at: day.and_time(end).and_utc(),
        fetch_id: FetchId(import_id.0),
    };
    let cause = Cause::new(Actor::Person, correlation);
    let owner = Owner::Person(account.opened.user_id);
    let stream = stream(account.opened.account_id);
    match app.ledger.execute::<Account>(stream, owner, cause, command).await {
        Ok(_) => Ok(()),
        Err(CommandError::Refused(refusal)) => Err(refusal.into()),
        Err(CommandError::Ledger(error)) => Err(error.into()),
    }
}

async fn attempt(
    app: &App,
    correlation: Uuid,
    import_id: ImportId,
    account: &target::Account,
    statement: &AccountStatement,
) -> Result<StatementRead, ImportError> {
    let (account_id, user_id) = (account.opened.account_id, account.opened.user_id);
    let fetch_id = FetchId(import_id.0);
    let rows = u32::try_from(statement.rows.len()).unwrap_or(u32::MAX);
    let state = app.ledger.load::<Account>(stream(account_id)).await?.aggregate;
    if let Some(done) = state.reconciled.filter(|done| done.fetch_id == fetch_id) {
        // Decided, and only the answer to the append was lost.
        return Ok(StatementRead { account_id, rows, new: done.new, doubtful: 0 });
    }
    let decided = decided(app, account, statement, state.linked.is_some()).await?;
    let key = app.ledger.key_of_person(user_id).await?;
    let received_at = app.clock.now();
    let told = decided.told;
    let evidence: Vec<Evidence> = (0..)
        .zip(&told.rows)
        .map(|(row, _)| Evidence { fetch_id, answer: 0, row, received_at })
        .collect();
    let sighted: Vec<_> = (told.rows.iter().zip(&evidence))
        .map(|(observed, evidence)| Sighted { observed, evidence })
        .collect();
    let events = told.answer.events(&sighted, fetch_id, |match_key, ordinal| {
        transaction_id(&key, account_id, match_key, ordinal)
    });
    let balance = match statement.check {
        BalanceCheck::Holds => BalanceProof::Holds,
        BalanceCheck::NotGiven => BalanceProof::NotGiven,
        BalanceCheck::Breaks { difference, .. } => {
            BalanceProof::Breaks { first_day: None, difference }
        }
    };
    let window = told.answer.window(fetch_id, decided.window, balance);
    let window = WindowReconciled { from_file: true, ..window };
    let (new, doubtful) = (window.new, window.doubtful);
    let cause = Cause::new(Actor::Person, correlation);
    let owner = Owner::Person(user_id);
    append(&app.ledger, (owner, cause), account_id, decided.version, events, window).await?;
    Ok(StatementRead { account_id, rows, new, doubtful })
}
