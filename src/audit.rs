//! Bundles for people who trust nobody: stored records as they are, the checkpoints that were
//! signed over them, and the paths from one to the other. `opl-verify` checks them offline.

pub mod dora;
pub mod evidence;
pub mod filter;
pub mod lawful;
pub mod pdf;
pub mod story;
pub mod timeline;
pub mod words;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::id::UserId;
use domain::stream::StreamId;
use transparency::bundle::{BundleError, BundleWriter, Manifest};
use transparency::checkpoint::read_unproven;

use self::story::Story;
use crate::app::{self, OpenError, Options, Storage};
use crate::ledger::reading::{Reader, event_at};
use crate::ledger::store::{EventLog, MOST_EVENTS_A_PAGE, ReadError, StoredEvent};
use crate::notary::{Notary, NotaryError};
use crate::vault::keys::{Keys, KeysError, RootKeyError};

/// Most checkpoints put into a bundle: the last one, and others spread over the log's length.
const MOST_NOTES: usize = 1_000;
/// Records of a part between two signs of progress.
const RECORDS_A_SIGN: u64 = 1_000;

/// What to put in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Every event under the last checkpoint.
    Whole,
    /// One stream.
    Stream(StreamId),
    /// Everything sealed under a person's key.
    Person(UserId),
    /// A registration, a consent or a role with everything that belongs to its story.
    Story(StreamId),
    /// Everything after one position, to another.
    Period(u64, u64),
}

/// Why no bundle was made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The state cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The root key cannot be had.
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    /// A key cannot be had.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The notary signed nothing that could be relied on.
    #[error(transparent)]
    Notary(#[from] NotaryError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The bundle cannot be written.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// There is nothing to put in it.
    #[error("there are no events under the last checkpoint that fit: check the name")]
    Nothing,
    /// The person is not known.
    #[error("nobody is known under this identifier")]
    NoSuchPerson,
    /// The story cannot be told.
    #[error(transparent)]
    Story(#[from] story::StoryError),
    /// The part for people to read cannot be written.
    #[error("the index cannot be written: {0}")]
    Readable(#[from] std::io::Error),
    /// No event stands there.
    #[error("there is no event at position {0}")]
    NoSuchPosition(u64),
}

/// Log and notary of a data directory or database, opened beside a service that may be running.
pub struct Archive {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The notary.
    pub notary: Notary,
    /// The keys.
    pub keys: Arc<Keys>,
}

impl Archive {
    /// Opens what exporting needs.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn open(options: &Options) -> Result<Self, ExportError> {
        app::must_exist(options)?;
        let Storage { log, vault, notary, .. } = Storage::open(options).await?;
        let provider = app::root_key(options)?;
        let (chance, clock) = (options.chance.clone(), options.clock.clone());
        let keys = Arc::new(Keys::new(vault.clone(), provider, chance, clock.clone()));
        let directory = &options.data_directory;
        let notary = Notary::open(notary, vault, Arc::clone(&log), &keys, directory, clock).await?;
        Ok(Self { log, notary, keys })
    }

    /// Writes a bundle into a new directory, telling now and then how many records of how many
    /// positions are done.
    ///
    /// # Errors
    /// [`ExportError`]; nothing is left behind then.
    pub async fn export(
        &self,
        selection: Selection,
        target: &Path,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Manifest, ExportError> {
        self.notary.sign().await?;
        let log = self.log.as_ref();
        match selection {
            Selection::Whole => self.whole(target, &mut progress).await,
            Selection::Stream(stream) => {
                let mut events = Reader::of_stream(log, stream, 0);
                self.part(target, async || events.next().await, &mut progress).await
            }
            Selection::Story(stream) => {
                let until = self.signed_size().await?;
                let told = story::tell(log, &self.keys, stream, until).await?;
                let mut positions = told.steps.iter().map(|step| step.position);
                let next = async || match positions.next() {
                    Some(position) => event_at(log, position).await,
                    None => Ok(None),
                };
                self.part(target, next, &mut progress).await
            }
            Selection::Period(from, to) => {
                let mut events = Reader::of_log(log, from).until(to);
                self.part(target, async || events.next().await, &mut progress).await
            }
            Selection::Person(user_id) => {
                let key = self.keys.identifier_of_person(user_id).await?;
                let key_id = key.ok_or(ExportError::NoSuchPerson)?;
                let mut events = Reader::of_key(log, key_id, 0);
                self.part(target, async || events.next().await, &mut progress).await
            }
        }
    }

    /// Writes, into a bundle that was just made, what people read of it: an index in plain words and
    /// the same as a PDF.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn write_readable(
        &self,
        selection: Selection,
        target: &Path,
        manifest: &Manifest,
        made_at: DateTime<Utc>,
    ) -> Result<(), ExportError> {
        let checkpoint = self.notary.latest().await?;
        let size = read_unproven(&checkpoint).map_err(NotaryError::from)?.size;
        let (about, events, story) = self.told(selection, size).await?;
        let index = evidence::Index {
            about: about.clone(),
            origin: self.notary.origin(),
            key: self.notary.verifier_key().to_string(),
            size,
            checkpoint,
            made_at: story::time_text(made_at.timestamp_micros()),
        };
        let lines = evidence::lines(&index, &events, manifest.records, story.as_ref());
        evidence::write(target, &format!("Evidence: {about}"), &lines)?;
        Ok(())
    }

    /// What an index lists of a selection.
    async fn told(
        &self,
        selection: Selection,
        size: u64,
    ) -> Result<(String, Vec<StoredEvent>, Option<Story>), ExportError> {
        let most = evidence::MOST_LISTED.min(MOST_EVENTS_A_PAGE);
        let (about, mut events) = match selection {
            Selection::Whole => ("the whole log".to_owned(), self.log.read_all(0, most).await?),
            Selection::Stream(stream) => {
                (stream.to_string(), self.log.read_stream(stream, 0, most).await?)
            }
            Selection::Story(stream) => {
                let told = story::tell(self.log.as_ref(), &self.keys, stream, size).await?;
                return Ok((stream.to_string(), Vec::new(), Some(told)));
            }
            Selection::Person(user_id) => {
                let key = self.keys.identifier_of_person(user_id).await?;
                let key_id = key.ok_or(ExportError::NoSuchPerson)?;
                (format!("the person {user_id}"), self.log.read_key(key_id, 0, most).await?)
            }
            Selection::Period(from, to) => {
                let about = format!("everything from position {} to {to}", from + 1);
                let mut events = self.log.read_all(from, most).await?;
                events.retain(|stored| stored.position <= to);
                (about, events)
            }
        };
        events.retain(|stored| stored.position <= size);
        Ok((about, events, None))
    }

    async fn signed_size(&self) -> Result<u64, ExportError> {
        let note = self.notary.latest().await?;
        Ok(read_unproven(&note).map_err(NotaryError::from)?.size)
    }

    async fn whole(
        &self,
        target: &Path,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<Manifest, ExportError> {
        let notes = self.spread_notes().await?;
        let (size, _) = notes.last().ok_or(NotaryError::NothingSigned)?;
        let mut writer = BundleWriter::create_whole(target, self.notary.origin())?;
        let mut done = 0;
        while done < *size {
            let most = usize::try_from(*size - done).unwrap_or(usize::MAX);
            let page = self.log.read_all(done, most.min(MOST_EVENTS_A_PAGE)).await?;
            if page.is_empty() {
                return Err(ReadError::Damaged(done + 1).into());
            }
            for event in &page {
                writer.push(&event.record(&event.stream.to_string()))?;
            }
            done += page.len() as u64;
            progress(done, *size);
        }
        for (_, note) in &notes {
            writer.checkpoint(note)?;
        }
        self.keys_into(&mut writer)?;
        Ok(writer.finish()?)
    }

    /// The first key, and what took its place.
    fn keys_into(&self, writer: &mut BundleWriter) -> Result<(), ExportError> {
        writer.key(&self.notary.first_key())?;
        for succession in self.notary.successions() {
            writer.succession(&succession)?;
        }
        Ok(())
    }

    /// The last note, and others evenly from those before it.
    async fn spread_notes(&self) -> Result<Vec<(u64, String)>, ExportError> {
        let mut all: Vec<(u64, String)> = Vec::new();
        loop {
            let after = all.last().map_or(0, |(size, _)| *size);
            let page = self.notary.notes(after, MOST_NOTES).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
            if all.len() > MOST_NOTES {
                let last = all.len() - 1;
                let step = all.len().div_ceil(MOST_NOTES / 2);
                let mut place = 0;
                all.retain(|_| {
                    place += 1;
                    (place - 1) % step == 0 || place - 1 == last
                });
            }
        }
    }

    async fn part(
        &self,
        target: &Path,
        mut next: impl AsyncFnMut() -> Result<Option<StoredEvent>, ReadError>,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<Manifest, ExportError> {
        let note = self.notary.latest().await?;
        let size = read_unproven(&note).map_err(NotaryError::from)?.size;
        let mut writer = BundleWriter::create_part(target, &note)?;
        let mut done = 0;
        // What was appended after the checkpoint is not part of what can be proven now.
        while let Some(event) = next().await?.filter(|event| event.position <= size) {
            let path = self.notary.path(event.position, size).await?;
            writer.push_with_path(&event.record(&event.stream.to_string()), &path)?;
            done += 1;
            if done % RECORDS_A_SIGN == 0 {
                progress(done, done);
            }
        }
        progress(done, done);
        if done == 0 {
            return Err(ExportError::Nothing);
        }
        self.keys_into(&mut writer)?;
        Ok(writer.finish()?)
    }
}
