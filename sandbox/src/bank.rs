//! The bank itself: its authority, its keys, its customers, and what it remembers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chrono::{DateTime, Days, Duration, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Europe::Helsinki;
use rcgen::{KeyPair, RsaKeySize};

use crate::calls::CallLog;
use crate::certificates::Authority;
use crate::chance::random_bytes;
use crate::enable_banking::Application;
use crate::faults::Faults;
use crate::house::House;
use crate::household::{BankUser, Household, Reality};
use crate::jose::SigningKey;
use crate::misbehaviour::{Conduct, Misbehaviours, View, Window};
use crate::oauth::consent::Interactions;
use crate::options::{Addresses, SandboxError, SandboxOptions, SandboxStandard};
use crate::shown::ShownRows;
use crate::state::{Authorization, State};
use crate::storage::Storage;

const STATE_FILE: &str = "state.json";

/// How long an expired token is remembered, so that its answer can say "expired", in hours.
const TOKEN_MEMORY_HOURS: i64 = 1;

/// Everything the three listeners share.
pub(crate) struct Bank {
    pub(crate) house: &'static House,
    pub(crate) options: SandboxOptions,
    pub(crate) addresses: Addresses,
    pub(crate) authority: Authority,
    pub(crate) id_token_key: SigningKey,
    /// Signs payment answers at OP, and software statements for the directory of Open Banking UK.
    pub(crate) document_key: SigningKey,
    pub(crate) faults: Faults,
    pub(crate) calls: CallLog,
    pub(crate) interactions: Interactions,
    pub(crate) conduct: Conduct,
    pub(crate) shown: ShownRows,
    /// The application that may call, at an aggregator.
    pub(crate) application: Option<Application>,
    /// Makes continuation tokens unforgeable; lives as long as the process.
    pub(crate) paging_secret: [u8; 32],
    storage: Storage,
    state: Mutex<State>,
    household: RwLock<(Reality, Arc<Household>)>,
}

impl Bank {
    /// Opens the data directory and generates the household.
    pub(crate) fn open(
        options: SandboxOptions,
        addresses: Addresses,
        authority: Authority,
        storage: Storage,
    ) -> Result<Self, SandboxError> {
        let state = match storage.read(STATE_FILE)? {
            Some(text) => serde_json::from_str(&text).map_err(|error| SandboxError::Damaged {
                path: storage.path(STATE_FILE),
                reason: error.to_string(),
            })?,
            None => State::default(),
        };
        let reality = reality(&options, options.misbehaviours);
        let house = options.standard.house();
        let household = Household::generate(house, options.seed, day(&options), reality);
        let application = match options.standard {
            SandboxStandard::EnableBanking => Some(Application::open(&storage)?),
            _ => None,
        };
        let faults = Faults::default();
        faults.auto_approve(options.auto_approve);
        Ok(Self {
            household: RwLock::new((reality, Arc::new(household))),
            conduct: Conduct::new(options.misbehaviours, options.clock.now()),
            shown: ShownRows::default(),
            id_token_key: signing_key(&storage, "id-token-key.pem", house.key_names[0], house)?,
            document_key: signing_key(&storage, "payment-key.pem", house.key_names[1], house)?,
            house,
            options,
            addresses,
            authority,
            faults,
            application,
            calls: CallLog::default(),
            interactions: Interactions::default(),
            paging_secret: random_bytes(),
            storage,
            state: Mutex::new(state),
        })
    }

    /// Looks at the state.
    pub(crate) fn read<Answer>(&self, look: impl FnOnce(&State) -> Answer) -> Answer {
        look(&self.lock())
    }

    /// Changes the state and saves it. A state that cannot be saved still holds in memory; the
    /// failure is logged here.
    pub(crate) fn change<Answer>(&self, change: impl FnOnce(&mut State) -> Answer) -> Answer {
        let mut state = self.lock();
        let answer = change(&mut state);
        forget_old(&mut state, self.now());
        match serde_json::to_string(&*state) {
            Ok(text) => {
                if let Err(error) = self.storage.write(STATE_FILE, &text) {
                    tracing::error!(%error, "the sandbox state is not saved");
                }
            }
            Err(error) => tracing::error!(%error, "the sandbox state cannot be written as JSON"),
        }
        answer
    }

    /// The moment the bank believes it is.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.options.clock.now() + self.conduct.on().skew(self.options.seed)
    }

    /// The `iss` of everything the bank signs. Where the standard has discovery it is an address with TLS,
    /// under which the metadata is.
    pub(crate) fn issuer(&self) -> &str {
        match self.house.standard {
            SandboxStandard::Op | SandboxStandard::BerlinGroup => &self.addresses.authorize,
            SandboxStandard::OpenBankingUk | SandboxStandard::EnableBanking => {
                &self.addresses.public
            }
        }
    }

    /// How the bank looks at its lists for one call.
    pub(crate) fn view(&self, today: NaiveDate) -> View {
        View {
            house: self.house,
            on: self.conduct.on(),
            seed: self.options.seed,
            today,
            read: self.conduct.count_read(),
        }
    }

    /// The days an authorization opens now.
    pub(crate) fn window(&self, authorization: &Authorization, today: NaiveDate) -> Window {
        let earlier = |other: &Authorization| {
            other.id != authorization.id
                && other.scope == authorization.scope
                && other.client_id == authorization.client_id
                && other.user_id == authorization.user_id
                && other.authorized.is_some_and(|at| Some(at) < authorization.authorized)
        };
        let renewed = self.read(|state| state.authorizations.iter().any(earlier));
        Window::of(self.conduct.on(), authorization, today, self.now(), renewed)
    }

    /// The customers of the day. Without a fixed `today` a new day in the bank's zone brings its rows.
    pub(crate) fn household(&self) -> Arc<Household> {
        self.household_on(day(&self.options))
    }

    /// Moves the last day of the history forward; an earlier day changes nothing.
    pub(crate) fn advance_to(&self, today: NaiveDate) {
        self.household_on(today);
    }

    /// The history up to a day, or up to the latest one seen so far.
    fn household_on(&self, day: NaiveDate) -> Arc<Household> {
        let reality = reality(&self.options, self.conduct.on());
        let (known_reality, known) =
            self.household.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.today >= day && known_reality == reality {
            return known;
        }
        let today = known.today.max(day);
        let made = Arc::new(Household::generate(self.house, self.options.seed, today, reality));
        let mut household = self.household.write().unwrap_or_else(PoisonError::into_inner);
        if household.1.today <= today {
            *household = (reality, made.clone());
        }
        made
    }

    /// The last day of the history.
    pub(crate) fn today(&self) -> NaiveDate {
        self.household().today
    }

    /// A bank customer by user id.
    pub(crate) fn user(&self, user_id: &str) -> Option<Arc<BankUser>> {
        let household = self.household();
        let mut users = household.users.iter();
        users.find(|user| user.user_id == user_id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A moment as the bank writes it: seconds, with the offset of Europe/Helsinki.
pub(crate) fn timestamp(moment: DateTime<Utc>) -> String {
    moment.with_timezone(&Helsinki).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// The day of the bank: the fixed one, moved with the clock, or the current one in its zone.
fn day(options: &SandboxOptions) -> NaiveDate {
    match options.today {
        Some(today) => {
            today.checked_add_days(Days::new(options.clock.moved_days())).unwrap_or(today)
        }
        None => options.clock.now().with_timezone(&options.standard.house().zone).date_naive(),
    }
}

fn forget_old(state: &mut State, now: DateTime<Utc>) {
    let memory = Duration::hours(TOKEN_MEMORY_HOURS);
    state.tokens.retain(|token| token.expires + memory > now);
    state.codes.retain(|code| code.expires + memory > now);
    state.pushed.retain(|pushed| pushed.expires > now);
    state.assertions.retain(|expires| *expires + memory > now);
    state
        .refresh_tokens
        .retain(|token| token.replaced.is_none_or(|replaced| replaced + memory > now));
    state.accesses.retain(|times| times.iter().any(|time| *time + Duration::hours(24) > now));
}

fn signing_key(
    storage: &Storage,
    file: &str,
    kid: &str,
    house: &House,
) -> Result<SigningKey, SandboxError> {
    let damaged = |reason: String| SandboxError::Damaged { path: storage.path(file), reason };
    let key = match storage.read(file)? {
        Some(pem) => KeyPair::from_pem_and_sign_algo(&pem, &rcgen::PKCS_RSA_SHA256)
            .map_err(|error| damaged(error.to_string()))?,
        None => {
            let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)
                .map_err(|error| SandboxError::Certificate(error.to_string()))?;
            storage.write(file, &key.serialize_pem())?;
            key
        }
    };
    SigningKey::from_pkcs8(kid, house.signing, key.serialized_der())
        .ok_or_else(|| damaged("not an RSA key in PKCS #8".to_owned()))
}

/// What is true of the customers beside the plain history.
pub(crate) fn reality(options: &SandboxOptions, on: Misbehaviours) -> Reality {
    Reality { further_purchases: options.further_purchases, ..on.reality() }
}
