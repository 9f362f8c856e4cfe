//! The settings, one struct per concern, read once: defaults, then `tacit.toml`, then `TACIT_*`
//! variables. Unknown keys are refused and secrets never print.

use crate::actions::account::profile;
use secrecy::SecretString;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or variable that cannot be read, or a key nobody knows.
    #[error("settings: {0}")]
    Read(#[from] config::ConfigError),
    /// Values that do not go together.
    #[error("settings: {0}")]
    Invalid(String),
}

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `sqlite://path` or `postgres://…`. Variable `TACIT_DATABASE_URL`.
    pub database_url: SecretString,
    /// Address to listen on. `TACIT_BIND`.
    pub bind: SocketAddr,
    /// Where this API is reached from outside. `TACIT_PUBLIC_URL`.
    pub public_url: String,
    /// Where the front end lives: links in mails are built from it, never from a request. `TACIT_LINKS_URL`.
    pub links_url: String,
    /// `smtp://`, `smtps://` or `file:dir`. `TACIT_MAIL_URL`.
    pub mail_url: SecretString,
    /// Sender of every mail. `TACIT_MAIL_FROM`.
    pub mail_from: String,
    /// `simulated`. `TACIT_GATEWAY`.
    pub gateway: String,
    /// 32 bytes in base64 or hexadecimal: seals secrets at rest. `TACIT_SECRET_KEY`. In development
    /// mode one is made beside the SQLite file.
    pub secret_key: Option<SecretString>,
    /// Secret keys that came before `secret_key`, comma separated: what they wrapped still opens.
    /// `TACIT_PREVIOUS_SECRET_KEYS`.
    pub previous_secret_keys: SecretString,
    /// Operators may attach accounts to test clocks, and with mail to files read codes. `TACIT_TEST_CLOCKS`.
    pub test_clocks: bool,
    /// `api`, `scheduler` or both. `TACIT_ROLES`.
    pub roles: String,
    /// Rate limits on. `TACIT_RATE_LIMITS`.
    pub rate_limits: bool,
    /// HTTP worker threads; 0 is one per core. `TACIT_WORKERS`.
    pub workers: usize,
    /// `demo` loads the demo catalogue into an empty database. `TACIT_SEED`.
    pub seed: String,
    /// Where runtime files go. `TACIT_VAR_DIR`.
    pub var_dir: PathBuf,
    /// Browser origins that may call the API, exact. `TACIT_CORS_ORIGINS`, comma separated.
    pub cors_origins: String,
    /// Proxies whose forwarded addresses are believed, CIDR, comma separated. `TACIT_TRUSTED_PROXIES`.
    pub trusted_proxies: String,
    /// What mails look like, and how they are signed.
    pub mail: MailConfig,
    /// Text messages.
    pub sms: SmsConfig,
    /// Password policy.
    pub password: PasswordConfig,
    /// What failed logins do to the next one.
    pub throttle: ThrottleConfig,
    /// Security keys and passkeys.
    pub webauthn: WebauthnConfig,
    /// How long sessions live.
    pub session: SessionConfig,
    /// Keys.
    pub keys: KeysConfig,
    /// Scheduler.
    pub scheduler: SchedulerConfig,
    /// Exports of all the data of an account.
    pub export: ExportConfig,
    /// The seller printed on invoices.
    pub seller: SellerConfig,
    /// Which VAT is charged.
    pub tax: TaxConfig,
}

/// What mails look like, how they are signed, and how the relay is known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// The name at the head of every mail; the seller's when empty.
    pub brand: String,
    /// Colour of the head and the buttons, `#rrggbb`.
    pub colour: String,
    /// Lines at the end of every mail; the seller's name and address when empty.
    pub footer: String,
    /// Where answers go, if not to the sender.
    pub reply_to: String,
    /// Last member of `Feedback-ID`, by which large mailboxes report complaints; none when empty.
    pub feedback: String,
    /// The name that the relay is greeted with; the sender's domain when empty.
    pub hello_name: String,
    /// Certificates (PEM) that the relay's is checked against besides the public ones.
    pub ca_file: Option<PathBuf>,
    /// DKIM signature.
    pub dkim: DkimSettings,
    /// A second DKIM signature, for a key of the other kind.
    pub dkim_second: DkimSettings,
}

/// A DKIM signature; none when everything is empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DkimSettings {
    /// Who signs: the sender's domain or one above it.
    pub domain: String,
    /// Name of the key in the domain's DNS: `<selector>._domainkey.<domain>`.
    pub selector: String,
    /// RSA (2048 bits or more) or Ed25519 private key, PEM.
    pub key: Option<SecretString>,
    /// A file with it, instead.
    pub key_file: Option<PathBuf>,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            brand: String::new(),
            colour: "#1d4ed8".to_owned(),
            footer: String::new(),
            reply_to: String::new(),
            feedback: String::new(),
            hello_name: String::new(),
            ca_file: None,
            dkim: DkimSettings::default(),
            dkim_second: DkimSettings::default(),
        }
    }
}

/// What a password must satisfy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordConfig {
    /// Least number of code points.
    pub min_length: usize,
    /// Least zxcvbn score, 0 to 4.
    pub min_score: u8,
    /// Hashing slots; 0 is one per core. Memory is slots × `memory_kib`.
    pub slots: usize,
    /// Memory of one hash, KiB. With `passes` and `lanes` the cost of argon2id; a hash of another cost is
    /// renewed at the next login.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Lanes that it is cut into.
    pub lanes: u32,
}

/// The least cost that is accepted, memory in KiB times passes, and the least memory: the weakest of the
/// equivalent choices that OWASP recommends for argon2id (7 MiB, 5 passes).
const LEAST_HASH: (u32, u64) = (7_168, 35_840);

impl Default for PasswordConfig {
    fn default() -> Self {
        Self { min_length: 15, min_score: 3, slots: 0, memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// What failed logins do to the next one. A known device of the owner never has to wait.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ThrottleConfig {
    /// Wrong passwords after which the next one has to wait.
    pub free_failures: i32,
    /// How long at first, seconds; it doubles with each one.
    pub first_delay_seconds: i64,
    /// How long at most, seconds.
    pub longest_delay_seconds: i64,
    /// Wrong passwords one after the other after which the password is off until it is reset; at most 100.
    pub password_off_after: i32,
    /// Different logins and passwords that may fail from one address within an hour; 0 counts none.
    pub failures_per_address: i32,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self {
            free_failures: 5,
            first_delay_seconds: 30,
            longest_delay_seconds: 3_600,
            password_off_after: 100,
            failures_per_address: 20,
        }
    }
}

/// Where security keys and passkeys are used. Keys are bound to `rp_id`: with another one they are lost.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebauthnConfig {
    /// The domain that keys are bound to: that of the front end or one above it; the former when empty.
    pub rp_id: String,
    /// Origins of the pages that may use keys, exact, comma separated; that of `links_url` when empty.
    pub origins: String,
    /// What browsers and keys show; the brand of the mails when empty.
    pub rp_name: String,
}

/// How long sessions live.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// Days from its beginning, whatever happens in it; at most 90.
    pub lifetime_days: i64,
    /// Hours without any use after which it ends.
    pub idle_hours: i64,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { lifetime_days: 30, idle_hours: 168 }
    }
}

/// Keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeysConfig {
    /// Days after which the key that signs access tokens is followed by a new one; 0 never does it.
    pub signing_days: i64,
}

impl Default for KeysConfig {
    fn default() -> Self {
        Self { signing_days: 90 }
    }
}

/// How the scheduler works.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchedulerConfig {
    /// Milliseconds between two looks at what is due.
    pub interval_ms: u64,
    /// Seconds a claimed milestone belongs to its claimer.
    pub lease_seconds: i64,
    /// Milestones claimed at once.
    pub batch: u64,
    /// Services per renewal transaction.
    pub renewal_chunk: usize,
    /// Gateway calls at once.
    pub gateway_concurrency: usize,
    /// Renewals pause when more than this share of the services is due at once, in percent.
    pub max_due_share: u32,
    /// ... but never below this many services.
    pub max_due_floor: u64,
    /// Tries of a milestone before it is parked.
    pub max_attempts: i32,
    /// Whether accounts are mailed once a month what their check-up finds critical.
    pub check_up_reminders: bool,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            interval_ms: 1_000,
            lease_seconds: 60,
            batch: 500,
            renewal_chunk: 500,
            gateway_concurrency: 8,
            max_due_share: 25,
            max_due_floor: 100,
            max_attempts: 6,
            check_up_reminders: true,
        }
    }
}

/// How text messages leave, and to whom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmsConfig {
    /// `https://` posts each text to a provider, `file:dir` writes it into a folder.
    pub url: SecretString,
    /// Bearer token of the provider.
    pub token: Option<SecretString>,
    /// The sender that the provider is asked to show.
    pub sender: String,
    /// Countries that texts are sent to, ISO 3166 codes, comma separated: each text costs money, and numbers of
    /// some countries cost the most.
    pub countries: String,
    /// How many texts go out in an hour, to whichever numbers: somebody who earns by texts that they receive
    /// signs up with many accounts. 0 to 1,000,000.
    pub per_hour: u64,
}

impl Default for SmsConfig {
    fn default() -> Self {
        Self {
            url: "file:var/sms".into(),
            token: None,
            sender: "Tacit".to_owned(),
            countries:
                "AD,AT,BE,BG,CH,CY,CZ,DE,DK,EE,ES,FI,FR,GB,GF,GP,GR,HR,HU,IE,IS,IT,LI,LT,LU,LV,MC,MQ,MT,NL,NO,PL,PT,RE,\
                        RO,SE,SI,SK,SM,YT"
                    .to_owned(),
            per_hour: 500,
        }
    }
}

/// How exports of all the data of an account are made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportConfig {
    /// How many an account may ask for within 24 hours; at least 1.
    pub per_day: usize,
    /// Size of the parts that an archive is stored and sent in, KiB: what a download holds in memory.
    pub part_kib: usize,
}

impl Default for ExportConfig {
    fn default() -> Self {
        Self { per_day: 3, part_kib: 256 }
    }
}

/// Which VAT is charged.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaxConfig {
    /// Buyers in other member states who have no valid VAT id pay the VAT of their own country: the seller is
    /// registered for the One Stop Shop, or sold them more than 10,000 € in a year. Otherwise French VAT.
    pub destination: bool,
    /// Where VAT ids are asked for (the REST interface of VIES); empty: their form has to do.
    pub vies_url: String,
    /// Rates that this release does not know yet: lines of `area,first day in force,percent`.
    pub rates_file: Option<PathBuf>,
}

impl TaxConfig {
    /// The rates of this release with those of the file laid over.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that cannot be read.
    pub fn rates(&self) -> Result<domain::tax::Rates, ConfigError> {
        let invalid = |what: String| ConfigError::Invalid(format!("tax.rates_file: {what}"));
        let known = domain::tax::Rates::known().map_err(|error| invalid(error.to_string()))?;
        let Some(file) = &self.rates_file else { return Ok(known) };
        let named = |what: &dyn std::fmt::Display| invalid(format!("{}: {what}", file.display()));
        let lines = std::fs::read_to_string(file).map_err(|error| named(&error))?;
        known.with(&lines).map_err(|error| named(&error))
    }
}

/// The seller on invoices.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SellerConfig {
    /// Registered name.
    pub name: String,
    /// Street.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// ISO 3166 country code.
    pub country: String,
    /// SIRET.
    pub siret: String,
    /// VAT id.
    pub vat_id: String,
    /// Time zone that dates invoices.
    pub time_zone: String,
}

impl Default for SellerConfig {
    fn default() -> Self {
        Self {
            name: "Tacit Demo SAS".to_owned(),
            street: "1 rue de la Paix".to_owned(),
            postal_code: "75002".to_owned(),
            city: "Paris".to_owned(),
            country: "FR".to_owned(),
            siret: "73282932000074".to_owned(),
            vat_id: "FR44732829320".to_owned(),
            time_zone: "Europe/Paris".to_owned(),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite://var/tacit.db".into(),
            bind: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: "http://127.0.0.1:8080".to_owned(),
            links_url: "http://127.0.0.1:8080".to_owned(),
            mail_url: "file:var/mail".into(),
            mail_from: "Tacit <no-reply@tacit.example>".to_owned(),
            gateway: "simulated".to_owned(),
            secret_key: None,
            previous_secret_keys: "".into(),
            test_clocks: false,
            roles: "api,scheduler".to_owned(),
            rate_limits: true,
            workers: 0,
            seed: String::new(),
            var_dir: PathBuf::from("var"),
            cors_origins: String::new(),
            trusted_proxies: String::new(),
            mail: MailConfig::default(),
            sms: SmsConfig::default(),
            password: PasswordConfig::default(),
            throttle: ThrottleConfig::default(),
            webauthn: WebauthnConfig::default(),
            session: SessionConfig::default(),
            keys: KeysConfig::default(),
            scheduler: SchedulerConfig::default(),
            export: ExportConfig::default(),
            seller: SellerConfig::default(),
            tax: TaxConfig::default(),
        }
    }
}

impl Config {
    /// Reads defaults, then `file` (or `tacit.toml` if there is one), then `TACIT_*` variables;
    /// `TACIT_SCHEDULER__BATCH` sets `scheduler.batch`.
    ///
    /// # Errors
    /// [`ConfigError`] for unreadable files, unknown keys and values that do not go together.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let builder = config::Config::builder();
        let builder = match file {
            Some(path) => builder.add_source(config::File::from(path).required(true)),
            None => builder.add_source(config::File::with_name("tacit.toml").required(false)),
        };
        let config: Self = builder
            .add_source(config::Environment::with_prefix("TACIT").prefix_separator("_").separator("__"))
            .build()?
            .try_deserialize()?;
        config.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        for role in self.roles.split(',').map(str::trim) {
            if !matches!(role, "api" | "scheduler") {
                return Err(ConfigError::Invalid(format!("roles: `{role}` is neither `api` nor `scheduler`")));
            }
        }
        if self.gateway != "simulated" {
            return Err(ConfigError::Invalid(format!("gateway: `{}` is not known", self.gateway)));
        }
        let PasswordConfig { memory_kib, passes, lanes, min_length, .. } = self.password;
        let (memory, cost) = LEAST_HASH;
        if memory_kib < memory
            || u64::from(memory_kib) * u64::from(passes) < cost
            || argon2::Params::new(memory_kib, passes, lanes, None).is_err()
        {
            return Err(ConfigError::Invalid(format!(
                "password: {memory_kib} KiB, {passes} passes and {lanes} lanes are too cheap or not possible"
            )));
        }
        if !(8..=domain::password::MAX_LENGTH).contains(&min_length) {
            return Err(ConfigError::Invalid(format!("password.min_length: {min_length} is not from 8 to 256")));
        }
        let throttle = &self.throttle;
        if throttle.free_failures < 1
            || throttle.failures_per_address < 0
            || !(1..=100).contains(&throttle.password_off_after)
            || !(1..=86_400).contains(&throttle.first_delay_seconds)
            || !(throttle.first_delay_seconds..=86_400).contains(&throttle.longest_delay_seconds)
        {
            return Err(ConfigError::Invalid("throttle: a value is out of its range".to_owned()));
        }
        if let Some(country) = self.sms.countries.split(',').find(|code| profile::country(code).is_none()) {
            return Err(ConfigError::Invalid(format!("sms.countries: `{country}` is not a country")));
        }
        if self.sms.per_hour > 1_000_000 {
            return Err(ConfigError::Invalid("sms.per_hour is not from 0 to 1000000".to_owned()));
        }
        if self.export.per_day < 1 || !(1..=16_384).contains(&self.export.part_kib) {
            return Err(ConfigError::Invalid("export: a value is out of its range".to_owned()));
        }
        crate::relying_party::build(&self).map_err(ConfigError::Invalid)?;
        let SessionConfig { lifetime_days, idle_hours } = self.session;
        if !(1..=90).contains(&lifetime_days) || !(1..=24 * 90).contains(&idle_hours) {
            return Err(ConfigError::Invalid("session: a value is out of its range".to_owned()));
        }
        if !(0..=3_650).contains(&self.keys.signing_days) {
            return Err(ConfigError::Invalid("keys.signing_days is not from 0 to 3650".to_owned()));
        }
        if self.seller.time_zone.parse::<chrono_tz::Tz>().is_err() {
            return Err(ConfigError::Invalid(format!(
                "seller.time_zone: `{}` is not a time zone",
                self.seller.time_zone
            )));
        }
        Ok(self)
    }

    /// Whether this process takes part as `role`.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.split(',').any(|each| each.trim() == role)
    }
}
