//! Keeps a file's bytes, and what was decided of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::id::{ImportId, UserId};
use domain::import::{
    FileReceived, Import, ImportCommand, ImportCompleted, PART_BYTES, PartKept, StatementRead,
};
use domain::stream::{Category, StreamId};
use formats::Reading;
use uuid::Uuid;

use super::{Brought, ImportError, Target};
use crate::app::App;
use crate::ledger::{Actor, Cause, CommandError, Done, Owner};
use crate::vault::crypto::sha256_hex;

/// Longest name of a file that is kept, in characters.
const LONGEST_FILE_NAME: usize = 200;

fn stream(import_id: ImportId) -> StreamId {
    StreamId::new(Category::Import, import_id.0)
}

/// A file whose bytes are kept.
pub(super) struct Kept {
    pub import_id: ImportId,
    /// What it came to before, if it was imported before.
    pub completed: Option<ImportCompleted>,
    pub position: u64,
}

/// Keeps a file's bytes, if they are not kept yet. The import's identifier is derived from them and
/// from how they are read, so that one file is one import.
pub(super) async fn keep(
    app: &App,
    user_id: UserId,
    correlation: Uuid,
    brought: &Brought,
    reading: &Reading,
) -> Result<Kept, ImportError> {
    let digest = sha256_hex(&brought.bytes);
    let mapping = reading.mapping.as_ref().map(formats::Mapping::to_toml);
    let target = match &brought.target {
        Target::AsNamed => String::new(),
        Target::Known(account_id) => account_id.to_string(),
        Target::Named(name) => format!("named {}", name.trim()),
    };
    let key = app.ledger.key_of_person(user_id).await?;
    let identity = format!("{digest}|{target}|{}", mapping.as_deref().unwrap_or_default());
    let import_id = ImportId(key.identifier("import", identity.as_bytes()));
    let chunks: Vec<&[u8]> = brought.bytes.chunks(PART_BYTES).collect();
    let file_name = brought.file_name.as_deref();
    let received = FileReceived {
        import_id,
        user_id,
        file_name: file_name.map(|name| name.chars().take(LONGEST_FILE_NAME).collect()),
        format: reading.file.format.word().to_owned(),
        bytes: brought.bytes.len() as u64,
        digest,
        parts: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
        mapping,
        account_id: match brought.target {
            Target::Known(account_id) => Some(account_id),
            _ => None,
        },
    };
    let command = ImportCommand::Receive(received);
    let mut done = execute(app, user_id, correlation, import_id, command).await?;
    if done.aggregate.completed.is_none() {
        for (chunk, part) in chunks.into_iter().zip(0_u32..).skip(done.aggregate.parts as usize) {
            let command =
                ImportCommand::KeepPart(PartKept { part, content: STANDARD.encode(chunk) });
            done = execute(app, user_id, correlation, import_id, command).await?;
        }
    }
    Ok(Kept { import_id, completed: done.aggregate.completed, position: done.position })
}

/// Notes what a file added to an account.
pub(super) async fn finish_statement(
    app: &App,
    user_id: UserId,
    correlation: Uuid,
    import_id: ImportId,
    read: StatementRead,
) -> Result<(), ImportError> {
    let command = ImportCommand::FinishStatement(read);
    execute(app, user_id, correlation, import_id, command).await.map(|_| ())
}

/// Notes that all of a file is decided; tells the position.
pub(super) async fn complete(
    app: &App,
    user_id: UserId,
    correlation: Uuid,
    import_id: ImportId,
    completed: ImportCompleted,
) -> Result<u64, ImportError> {
    let command = ImportCommand::Complete(completed);
    Ok(execute(app, user_id, correlation, import_id, command).await?.position)
}

async fn execute(
    app: &App,
    user_id: UserId,
    correlation: Uuid,
    import_id: ImportId,
    command: ImportCommand,
) -> Result<Done<Import>, ImportError> {
    let cause = Cause::new(Actor::Person, correlation);
    let owner = Owner::Person(user_id);
    let done = app.ledger.execute::<Import>(stream(import_id), owner, cause, command).await;
    done.map_err(|error| match error {
        CommandError::Refused(refusal) => refusal.into(),
        CommandError::Ledger(error) => error.into(),
    })
}
