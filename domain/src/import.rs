//! One file of statements that a person brought: its bytes as they came, and what it added.
//!
//! The bytes are kept before anything is derived from them, as a bank's answers are.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::id::{AccountId, ImportId, UserId};

/// Most bytes of a file in one event.
pub const PART_BYTES: usize = 1024 * 1024;
/// Most parts of a file.
pub const MOST_PARTS: u32 = 64;

events! {
    /// What can happen to a file.
    ImportEvent {
        /// A person brought it.
        Received(FileReceived) = "import.received" 1,
        /// A part of its bytes is kept.
        PartKept(PartKept) = "import.part_kept" 1,
        /// What it says of one account is decided.
        StatementRead(StatementRead) = "import.statement_read" 1,
        /// All of it is decided.
        Completed(ImportCompleted) = "import.completed" 1,
    }
}

/// A file was brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReceived {
    /// This import; the same for the same bytes read in the same way.
    pub import_id: ImportId,
    /// Whose accounts.
    pub user_id: UserId,
    /// What the person calls the file.
    pub file_name: Option<String>,
    /// Its format, as a stable word.
    pub format: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 (hex) of its bytes.
    pub digest: String,
    /// In how many parts they are kept.
    pub parts: u32,
    /// How it was read (TOML), for formats that do not say.
    pub mapping: Option<String>,
    /// The account that was chosen for it, where the file names none or the person another.
    pub account_id: Option<AccountId>,
}

/// Bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartKept {
    /// Which part, from 0.
    pub part: u32,
    /// The exact bytes, base64 (RFC 4648, section 4).
    pub content: String,
}

/// What a file added to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRead {
    /// Which account.
    pub account_id: AccountId,
    /// Rows of the file.
    pub rows: u32,
    /// Rows that were new.
    pub new: u32,
    /// Rows put to the person.
    pub doubtful: u32,
}

/// A file is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCompleted {
    /// Accounts it told of.
    pub accounts: u32,
    /// Rows of the file.
    pub rows: u32,
    /// Rows that were new.
    pub new: u32,
    /// Rows put to the person.
    pub doubtful: u32,
}

/// What can be asked of an import.
#[derive(Clone, Debug)]
pub enum ImportCommand {
    /// Begin; having begun, nothing happens.
    Receive(FileReceived),
    /// Keep the next part; one that is kept already is not kept again.
    KeepPart(PartKept),
    /// An account is decided.
    FinishStatement(StatementRead),
    /// Everything is decided.
    Complete(ImportCompleted),
}

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// Nothing was received, or it is over.
    #[error("this import is not under way")]
    NotUnderWay,
    /// The part is not the next one, or one too many.
    #[error("the parts of a file are kept in their order, {MOST_PARTS} at most")]
    OutOfOrder,
    /// Not all parts are kept.
    #[error("the file's bytes are not all kept yet")]
    NotKept,
}

/// The state of an import: enough to take it up again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The file.
    pub received: Option<FileReceived>,
    /// How many parts are kept.
    pub parts: u32,
    /// What was decided, by account.
    pub statements: Vec<StatementRead>,
    /// What it came to, once it is over.
    pub completed: Option<ImportCompleted>,
}

impl Import {
    fn decide(&self, command: ImportCommand) -> Result<Option<ImportEvent>, ImportRefusal> {
        if let ImportCommand::Receive(received) = command {
            if received.parts > MOST_PARTS {
                return Err(ImportRefusal::OutOfOrder);
            }
            return Ok(self.received.is_none().then_some(ImportEvent::Received(received)));
        }
        let under_way = self.received.as_ref().filter(|_| self.completed.is_none());
        let received = under_way.ok_or(ImportRefusal::NotUnderWay)?;
        let kept = self.parts == received.parts;
        match command {
            ImportCommand::KeepPart(part) if part.part < self.parts => Ok(None),
            ImportCommand::KeepPart(part) if part.part == self.parts && !kept => {
                Ok(Some(ImportEvent::PartKept(part)))
            }
            ImportCommand::KeepPart(_) => Err(ImportRefusal::OutOfOrder),
            _ if !kept => Err(ImportRefusal::NotKept),
            ImportCommand::FinishStatement(statement) => {
                let known =
                    self.statements.iter().any(|one| one.account_id == statement.account_id);
                Ok((!known).then_some(ImportEvent::StatementRead(statement)))
            }
            ImportCommand::Complete(completed) => Ok(Some(ImportEvent::Completed(completed))),
            ImportCommand::Receive(_) => Err(ImportRefusal::NotUnderWay),
        }
    }
}

impl Aggregate for Import {
    const TYPE: &'static str = "import";
    type Command = ImportCommand;
    type Event = ImportEvent;
    type Error = ImportRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: ImportCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ImportRefusal> {
        if let Some(event) = self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: ImportEvent) {
        match event {
            ImportEvent::Received(received) => self.received = Some(received),
            ImportEvent::PartKept(_) => self.parts += 1,
            ImportEvent::StatementRead(statement) => self.statements.push(statement),
            ImportEvent::Completed(completed) => self.completed = Some(completed),
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;
    use uuid::Uuid;

    use super::*;

    fn received() -> FileReceived {
        FileReceived {
            import_id: ImportId(Uuid::from_u128(1)),
            user_id: UserId(Uuid::from_u128(2)),
            file_name: Some("january.xml".to_owned()),
            format: "camt053".to_owned(),
            bytes: 3,
            digest: "00".to_owned(),
            parts: 1,
            mapping: None,
            account_id: None,
        }
    }

    fn part(part: u32) -> PartKept {
        PartKept { part, content: "YWJj".to_owned() }
    }

    fn completed() -> ImportCompleted {
        ImportCompleted { accounts: 0, rows: 0, new: 0, doubtful: 0 }
    }

    #[test]
    fn a_file_is_kept_before_anything_is_decided() {
        TestFramework::<Import>::with(())
            .given(vec![ImportEvent::Received(received())])
            .when(ImportCommand::Complete(completed()))
            .then_expect_error(ImportRefusal::NotKept);
        TestFramework::<Import>::with(())
            .given(vec![ImportEvent::Received(received()), ImportEvent::PartKept(part(0))])
            .when(ImportCommand::Complete(completed()))
            .then_expect_events(vec![ImportEvent::Completed(completed())]);
    }

    #[test]
    fn what_is_kept_is_not_kept_twice_and_none_is_left_out() {
        let given = || vec![ImportEvent::Received(received()), ImportEvent::PartKept(part(0))];
        let test = || TestFramework::<Import>::with(()).given(given());
        test().when(ImportCommand::Receive(received())).then_expect_events(vec![]);
        test().when(ImportCommand::KeepPart(part(0))).then_expect_events(vec![]);
        test().when(ImportCommand::KeepPart(part(1))).then_expect_error(ImportRefusal::OutOfOrder);
    }

    #[test]
    fn nothing_follows_the_end() {
        TestFramework::<Import>::with(())
            .given(vec![
                ImportEvent::Received(received()),
                ImportEvent::PartKept(part(0)),
                ImportEvent::Completed(completed()),
            ])
            .when(ImportCommand::Complete(completed()))
            .then_expect_error(ImportRefusal::NotUnderWay);
    }
}
