//! Accounts and cards with their balances, and whether a consent still shows them.

use std::collections::{BTreeMap, BTreeSet};

use domain::account::AccountEvent;
use domain::consent::ConsentEvent;
use domain::event::Event;
use domain::fetch::FetchEvent;
use domain::id::UserId;
use domain::observed::BalanceKind;
use uuid::Uuid;

use crate::database::{Database, Value, sql};
use crate::definition::{Definition, FoldError, Folded, Table, Topic};
use crate::erasing::{erased, forget};
use crate::feed::Recorded;
use crate::gathered::{Shape, To};
use crate::holders::{away, kind_word, turns};
use crate::rows::owners;

pub use queries::{AccountRow, Accounts, BalanceRow};

mod queries;

/// The tables.
pub(crate) const DEFINITION: Definition = Definition {
    name: "accounts",
    version: 2,
    tables: &[
        Table {
            name: "accounts",
            key: &["account_id"],
            create: "CREATE TABLE IF NOT EXISTS accounts (
                account_id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL,
                bank_id TEXT NOT NULL,
                consent_id TEXT,
                kind TEXT NOT NULL,
                identifier TEXT NOT NULL,
                currency TEXT NOT NULL,
                name TEXT NOT NULL,
                owner TEXT,
                servicer TEXT,
                opened_at BIGINT NOT NULL,
                last_read_at BIGINT,
                transaction_count BIGINT NOT NULL,
                position BIGINT NOT NULL)",
            indexes: &[
                "CREATE INDEX IF NOT EXISTS accounts_person ON accounts (user_id, position)",
            ],
        },
        Table {
            name: "balances",
            key: &["account_id", "kind"],
            create: "CREATE TABLE IF NOT EXISTS balances (
                account_id TEXT NOT NULL,
                kind TEXT NOT NULL,
                amount_minor BIGINT NOT NULL,
                currency TEXT NOT NULL,
                observed_at BIGINT NOT NULL,
                PRIMARY KEY (account_id, kind))",
            indexes: &[],
        },
        Table {
            name: "links",
            key: &["consent_id", "account_id"],
            create: "CREATE TABLE IF NOT EXISTS links (
                consent_id TEXT NOT NULL,
                account_id TEXT NOT NULL,
                PRIMARY KEY (consent_id, account_id))",
            indexes: &[],
        },
        Table {
            name: "permissions",
            key: &["consent_id"],
            create: "CREATE TABLE IF NOT EXISTS permissions (
                consent_id TEXT NOT NULL PRIMARY KEY,
                user_id TEXT NOT NULL,
                active BIGINT NOT NULL)",
            indexes: &[],
        },
    ],
};

const ACCOUNTS: Shape = Shape::new(
    "accounts",
    &[
        "account_id",
        "user_id",
        "bank_id",
        "consent_id",
        "kind",
        "identifier",
        "currency",
        "name",
        "owner",
        "servicer",
        "opened_at",
        "last_read_at",
        "transaction_count",
        "position",
    ],
    1,
);

const BALANCES: Shape =
    Shape::new("balances", &["account_id", "kind", "amount_minor", "currency", "observed_at"], 2);

const LINKS: Shape = Shape::new("links", &["consent_id", "account_id"], 2);

const PERMISSIONS: Shape = Shape::new("permissions", &["consent_id", "user_id", "active"], 1);

/// The stable word of a balance's kind.
fn balance_word(kind: BalanceKind) -> &'static str {
    match kind {
        BalanceKind::Booked => "booked",
        BalanceKind::Available => "available",
        BalanceKind::Counter => "counter",
        BalanceKind::Reserved => "reserved",
        BalanceKind::Outstanding => "outstanding",
        BalanceKind::Closing => "closing",
        BalanceKind::Opening => "opening",
        BalanceKind::Expected => "expected",
        BalanceKind::Forward => "forward",
    }
}

pub(crate) async fn fold(reader: &Database, events: &[Recorded]) -> Result<Folded, FoldError> {
    let (mut accounts, mut consents) = (BTreeSet::new(), BTreeSet::new());
    for recorded in events {
        match recorded.event.as_deref() {
            Some(Event::Account(_)) => _ = accounts.insert(recorded.stream.id),
            Some(Event::Consent(_)) => _ = consents.insert(recorded.stream.id),
            Some(Event::Fetch(FetchEvent::WindowRead(window))) => {
                accounts.insert(window.account_id.0);
            }
            _ => {}
        }
    }
    let select = "SELECT account_id, user_id FROM accounts WHERE account_id IN";
    let mut known = owners(reader, select, &accounts).await?;
    let select = "SELECT consent_id, user_id FROM permissions WHERE consent_id IN";
    known.extend(owners(reader, select, &consents).await?);

    let mut folded = Folded::default();
    let mut counts: BTreeMap<Uuid, i64> = BTreeMap::new();
    for recorded in events {
        if let Some(user_id) = erased(recorded) {
            fold_erasure(&mut folded, user_id);
        }
        let owned = match recorded.event.as_deref() {
            Some(Event::Account(event)) => {
                if let AccountEvent::Opened(opened) = event {
                    known.insert(recorded.stream.id, opened.user_id);
                }
                if turns(event)
                    && let Some(user_id) = known.get_mut(&recorded.stream.id)
                {
                    folded.changed(Topic::Accounts, *user_id);
                    *user_id = away(*user_id);
                    folded.push(sql(
                        "UPDATE accounts SET user_id = $1 WHERE account_id = $2",
                        vec![(*user_id).into(), recorded.stream.id.into()],
                    ));
                }
                if let AccountEvent::TransactionRecorded(_) = event {
                    *counts.entry(recorded.stream.id).or_default() += 1;
                }
                fold_account(&mut folded, recorded, event);
                recorded.stream.id
            }
            Some(Event::Consent(event)) => {
                if let ConsentEvent::Requested(requested) = event {
                    known.insert(recorded.stream.id, requested.user_id);
                }
                if !fold_consent(&mut folded, recorded, event) {
                    continue;
                }
                recorded.stream.id
            }
            Some(Event::Fetch(FetchEvent::WindowRead(window))) => {
                let read_at = ("last_read_at", To::Value(recorded.recorded_at.into()));
                folded.change(&ACCOUNTS, &[window.account_id.into()], &[read_at]);
                window.account_id.0
            }
            _ => continue,
        };
        let user_id = known.get(&owned).ok_or(FoldError::Unfit {
            position: recorded.position,
            reason: "the account or consent it is about is not known",
        })?;
        folded.changed(Topic::Accounts, *user_id);
    }
    for (account_id, count) in counts {
        let more = ("transaction_count", To::Added(count));
        folded.change(&ACCOUNTS, &[account_id.into()], &[more]);
    }
    Ok(folded)
}

/// What stands by account or consent goes before what says whose those are.
fn fold_erasure(folded: &mut Folded, user_id: UserId) {
    let accounts = "account_id IN (SELECT account_id FROM accounts WHERE user_id IN ($1, $2))";
    let consents = "consent_id IN (SELECT consent_id FROM permissions WHERE user_id = $1)";
    for text in [
        format!("DELETE FROM balances WHERE {accounts}"),
        format!("DELETE FROM links WHERE {accounts} OR {consents}"),
    ] {
        folded.push(sql(text, vec![user_id.into(), away(user_id).into()]));
    }
    folded.push(forget("accounts", user_id));
    folded.push(forget("permissions", user_id));
    folded.changed(Topic::Accounts, user_id);
}

fn fold_account(folded: &mut Folded, recorded: &Recorded, event: &AccountEvent) {
    let id = || Value::from(recorded.stream.id);
    match event {
        AccountEvent::Opened(opened) => {
            let row = vec![
                id(),
                opened.user_id.into(),
                opened.bank_id.0.as_str().into(),
                Value::NullText,
                kind_word(opened.kind).into(),
                opened.identifier.as_str().into(),
                opened.currency.code().into(),
                opened.name.as_str().into(),
                opened.owner.as_deref().into(),
                opened.servicer.as_deref().into(),
                recorded.recorded_at.into(),
                Value::NullInteger,
                0_u32.into(),
                recorded.position.into(),
            ];
            folded.insert(&ACCOUNTS, row);
        }
        AccountEvent::Linked(linked) => {
            let consent_id = Value::from(linked.consent_id);
            folded.put(&LINKS, vec![consent_id.clone(), id()]);
            folded.change(&ACCOUNTS, &[id()], &[("consent_id", To::Value(consent_id))]);
        }
        AccountEvent::Described(described) => {
            let changes = [
                ("name", To::Value(described.name.as_str().into())),
                ("owner", To::Value(described.owner.as_deref().into())),
            ];
            folded.change(&ACCOUNTS, &[id()], &changes);
        }
        AccountEvent::BalanceObserved(balance) => {
            let row = vec![
                id(),
                balance_word(balance.kind).into(),
                balance.amount.minor.into(),
                balance.amount.currency.code().into(),
                balance.observed_at.into(),
            ];
            folded.put(&BALANCES, row);
        }
        // What becomes of a transaction is no matter of the account's own row.
        _ => {}
    }
}

/// Keeps whether a consent stands; says whether that may have changed.
fn fold_consent(folded: &mut Folded, recorded: &Recorded, event: &ConsentEvent) -> bool {
    let id = Value::from(recorded.stream.id);
    let active = match event {
        ConsentEvent::Requested(requested) => {
            folded.insert(&PERMISSIONS, vec![id, requested.user_id.into(), false.into()]);
            return true;
        }
        ConsentEvent::Granted(_) | ConsentEvent::Reconfirmed(_) => true,
        ConsentEvent::Refused(_)
        | ConsentEvent::Failed(_)
        | ConsentEvent::Revoked(_)
        | ConsentEvent::Expired(_)
        | ConsentEvent::Superseded(_)
        | ConsentEvent::ConfirmationNeeded(_) => false,
        ConsentEvent::AuthorizationCreated(_)
        | ConsentEvent::SentToBank(_)
        | ConsentEvent::AnswerRejected(_)
        | ConsentEvent::BankTold(_)
        | ConsentEvent::RenewalOf(_)
        | ConsentEvent::Reminded(_)
        | ConsentEvent::BankNotTold(_) => return false,
    };
    folded.change(&PERMISSIONS, &[id], &[("active", To::Value(active.into()))]);
    true
}
