//! The account, as its owner sees it.

use crate::http::etag::etag;
use crate::routes::views::MoneyView;
use chrono::{DateTime, Utc};
use entity::account;
use serde::Serialize;
use utoipa::ToSchema;

/// The account of the caller.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView {
    /// Its id.
    #[schema(
        pattern = "^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "acc_01h455vb4pex5vsknk084sn02q"
    )]
    id: String,
    /// Public name of the account; never changes.
    #[schema(pattern = "^[a-z]{2}[0-9]{5}-tacit$", max_length = 32, example = "ab12345-tacit")]
    handle: String,
    /// The primary address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Email, max_length = 254, example = "camille.durand@example.org")]
    email: Option<String>,
    /// Whether the primary address was proven by a code.
    #[schema(example = true)]
    email_verified: bool,
    /// The proven second address, for recovery and notices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Email, max_length = 254, example = "camille@durand.example")]
    backup_email: Option<String>,
    /// Who holds it: `individual`, `company`, `association`, `public_body`. Extensible enum.
    #[schema(max_length = 16, example = "individual")]
    kind: String,
    /// `active`, or `closing` while a closure cools off. Extensible enum.
    #[schema(max_length = 16, example = "active")]
    status: String,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100, example = "Camille")]
    first_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100, example = "Durand")]
    last_name: Option<String>,
    /// Name of the company, association or public body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "Atelier Durand")]
    organisation: Option<String>,
    /// Number and street.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "2 rue Kellermann")]
    street: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "59100")]
    postal_code: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 100, example = "Roubaix")]
    city: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    #[schema(pattern = "^[A-Z]{2}$", min_length = 2, max_length = 2, example = "FR")]
    country: String,
    /// Phone number in E.164 form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "+33612345678")]
    phone: Option<String>,
    /// Whether the phone number was proven by a code.
    #[schema(example = false)]
    phone_verified: bool,
    /// SIRET.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{14}$", max_length = 14, example = "73282932000074")]
    siret: Option<String>,
    /// VAT identification number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "FR44732829320")]
    vat_id: Option<String>,
    /// What is known of that number: `pending` (being checked, VAT is charged meanwhile), `valid`, `invalid`
    /// (not in the register, VAT is charged). Extensible enum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 8, example = "valid")]
    vat_id_status: Option<String>,
    /// Language of mails and documents: `fr` or `en`. Extensible enum.
    #[schema(max_length = 2, example = "fr")]
    language: String,
    /// ISO 4217 code of everything that is charged.
    #[schema(pattern = "^[A-Z]{3}$", min_length = 3, max_length = 3, example = "EUR")]
    currency: String,
    /// Billing time zone, a name of the IANA database.
    #[schema(max_length = 48, example = "Europe/Paris")]
    time_zone: String,
    /// The prepaid balance.
    balance: MoneyView,
    /// The test clock that the account lives on, in test installations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        pattern = "^clk_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        max_length = 30,
        example = "clk_01h455vb4pex5vsknk084sn02q"
    )]
    test_clock_id: Option<String>,
    /// When it was made.
    #[schema(example = "2026-01-30T09:00:00Z")]
    created_at: DateTime<Utc>,
    /// The version, for `If-Match`.
    #[schema(max_length = 64, example = "3")]
    etag: String,
}

impl AccountView {
    /// The account as its owner sees it.
    #[must_use]
    pub fn of(account: &account::Model) -> Self {
        Self {
            id: account.id.to_string(),
            handle: account.handle.clone(),
            email: account.email.clone(),
            email_verified: account.email_verified_at.is_some(),
            backup_email: account.backup_email.clone(),
            kind: account.kind.to_string(),
            status: account.status.to_string(),
            first_name: account.first_name.clone(),
            last_name: account.last_name.clone(),
            organisation: account.organisation.clone(),
            street: account.street.clone(),
            postal_code: account.postal_code.clone(),
            city: account.city.clone(),
            country: account.country.clone(),
            phone: account.phone.clone(),
            phone_verified: account.phone_verified_at.is_some(),
            siret: account.siret.clone(),
            vat_id: account.vat_id.clone(),
            vat_id_status: account.vat_id_status.map(|status| status.to_string()),
            language: account.language.to_string(),
            currency: account.currency.clone(),
            time_zone: account.time_zone.clone(),
            balance: MoneyView::minor(account.balance, &account.currency),
            test_clock_id: account.test_clock_id.map(|clock| clock.to_string()),
            created_at: account.created_at,
            etag: etag(account.version),
        }
    }
}
