//! The closed list of error codes: which is which status, and what it says in both languages.

use super::refusal;
use domain::refusal::Refusal;

/// What the table knows about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// HTTP status.
    pub status: u16,
    /// The same for each occurrence: English, French.
    pub title: [&'static str; 2],
    /// What it means and what to do: English, French. `{name}` is replaced by a parameter.
    pub detail: [&'static str; 2],
}

/// Shorthand for the tables.
pub(super) const fn entry(status: u16, title: [&'static str; 2], detail: [&'static str; 2]) -> Entry {
    Entry { status, title, detail }
}

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $word:literal, $status:literal,
        $title:literal / $titre:literal, $detail:literal / $explication:literal;)+) => {
        /// A stable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[$meta])* $name,)+
            /// The domain says no.
            Refused(Refusal),
        }

        impl Code {
            /// The codes that come from HTTP and not from the domain.
            pub const HTTP: &'static [Self] = &[$(Self::$name),+];

            /// How it is spelled.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                    Self::Refused(refusal) => refusal.as_str(),
                }
            }

            /// Its line in the table.
            #[must_use]
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$name => entry($status, [$title, $titre], [$detail, $explication]),)+
                    Self::Refused(refusal) => refusal::entry_of(refusal),
                }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    Malformed = "malformed", 400,
        "The request is malformed" / "La requête est mal formée",
        "The request cannot be read: {reason}." / "La requête est illisible : {reason}.";
    /// A query parameter that the operation does not know, or given twice.
    UnknownParameter = "unknown_parameter", 400,
        "A parameter is not known" / "Un paramètre est inconnu",
        "The operation does not know a parameter, or it is given twice." / "L'opération ne connaît pas un paramètre, ou il est donné deux fois.";
    /// A cursor from another list, or made up.
    InvalidCursor = "invalid_cursor", 400,
        "The cursor is not valid" / "Le curseur n'est pas valable",
        "Use next_cursor of the page before, with the same filters and sort." / "Utilisez next_cursor de la page précédente, avec les mêmes filtres et le même tri.";
    /// The operation moves money or deletes.
    IdempotencyKeyRequired = "idempotency_key_required", 400,
        "An Idempotency-Key is required" / "Un en-tête Idempotency-Key est nécessaire",
        "Send an Idempotency-Key header, so that the request can be repeated safely." / "Envoyez un en-tête Idempotency-Key pour que la requête puisse être répétée sans risque.";
    /// No, unknown or expired proof of who calls.
    Unauthenticated = "unauthenticated", 401,
        "Authentication is required" / "Une authentification est nécessaire",
        "The credentials are missing, wrong or no longer valid." / "Les informations d'identification manquent, sont fausses ou ne sont plus valables.";
    /// The token lacks a scope.
    InsufficientScope = "insufficient_scope", 403,
        "The token does not allow this" / "Le jeton ne permet pas cela",
        "The access token lacks the scope {scope}." / "Le jeton d'accès n'a pas la portée {scope}.";
    /// The proof of who calls is not fresh enough.
    FreshProofRequired = "fresh_proof_required", 403,
        "A fresh proof of identity is required" / "Une preuve d'identité récente est nécessaire",
        "Log in again, or prove your second factor (your password, if you have none) with POST /v1/security/proof, then repeat within 5 minutes." / "Reconnectez-vous, ou prouvez votre second facteur (à défaut, votre mot de passe) avec POST /v1/security/proof, puis recommencez dans les 5 minutes.";
    /// Not there, or somebody else's.
    NotFound = "not_found", 404,
        "There is no such resource" / "Cette ressource n'existe pas",
        "Nothing of yours is found at this address." / "Rien de ce qui vous appartient ne se trouve à cette adresse.";
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", 405,
        "The method is not allowed" / "La méthode n'est pas permise",
        "This resource does not know this method; Allow lists those it knows." / "Cette ressource ne connaît pas cette méthode ; Allow donne celles qu'elle connaît.";
    /// The body took too long to arrive.
    RequestTimeout = "request_timeout", 408,
        "The request took too long" / "La requête a pris trop de temps",
        "The body did not arrive in time." / "Le corps de la requête n'est pas arrivé à temps.";
    /// The same key is being worked on.
    IdempotencyInFlight = "idempotency_in_flight", 409,
        "The same request is being worked on" / "La même requête est en cours de traitement",
        "A request with this Idempotency-Key has no outcome yet; ask again after Retry-After seconds." / "Une requête avec cet Idempotency-Key n'a pas encore de résultat ; redemandez après Retry-After secondes.";
    /// The stored answer held a secret and was not kept.
    SecretNoLongerAvailable = "secret_no_longer_available", 409,
        "The secret is shown only once" / "Le secret n'est montré qu'une fois",
        "The request was carried out; its answer held a secret and was not kept." / "La requête a été exécutée ; sa réponse contenait un secret et n'a pas été conservée.";
    /// Something with the same unique value exists.
    Conflict = "conflict", 409,
        "The state does not allow this" / "L'état ne le permet pas",
        "Another request changed the same thing, or it exists already." / "Une autre requête a modifié la même chose, ou elle existe déjà.";
    /// The resource changed since it was read.
    PreconditionFailed = "precondition_failed", 412,
        "The resource has changed" / "La ressource a changé",
        "The resource is no longer the one that If-Match names: read it again." / "La ressource n'est plus celle que nomme If-Match : relisez-la.";
    /// The body is larger than 64 KiB.
    PayloadTooLarge = "payload_too_large", 413,
        "The request is too large" / "La requête est trop grande",
        "A body has at most 65536 bytes." / "Un corps compte au plus 65536 octets.";
    /// The path or query is too long.
    UriTooLong = "uri_too_long", 414,
        "The address is too long" / "L'adresse est trop longue",
        "Path and query have at most 8192 bytes." / "Le chemin et la requête comptent au plus 8192 octets.";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415,
        "The media type is not supported" / "Le type de contenu n'est pas accepté",
        "The body must be {expected}." / "Le corps doit être {expected}.";
    /// Values that cannot be used.
    ValidationFailed = "validation_failed", 422,
        "Some values are not valid" / "Certaines valeurs ne sont pas valables",
        "The members or parameters listed in errors have values that are not accepted." / "Les membres ou paramètres donnés dans errors ont des valeurs qui ne sont pas acceptées.";
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", 422,
        "The Idempotency-Key was used for another request" / "Cet Idempotency-Key a servi à une autre requête",
        "A key belongs to one request: use a new key for another one." / "Une clé appartient à une requête : utilisez une nouvelle clé pour une autre.";
    /// Too many requests.
    RateLimited = "rate_limited", 429,
        "Too many requests" / "Trop de requêtes",
        "The quota of this window is used up; try again after Retry-After seconds." / "Le quota de cette période est épuisé ; réessayez après Retry-After secondes.";
    /// A header field too large.
    HeadersTooLarge = "headers_too_large", 431,
        "The headers are too large" / "Les en-têtes sont trop grands",
        "The headers of the request are too large." / "Les en-têtes de la requête sont trop grands.";
    /// Something that should not happen.
    Internal = "internal", 500,
        "Something went wrong on our side" / "Un problème est survenu de notre côté",
        "The request was not carried out; its request_id helps us to find out why." / "La requête n'a pas été exécutée ; son request_id nous aide à comprendre pourquoi.";
    /// Overloaded, draining, or the database is away.
    Unavailable = "unavailable", 503,
        "The service is not available" / "Le service n'est pas disponible",
        "Try again after Retry-After seconds." / "Réessayez après Retry-After secondes.";
}

impl Code {
    /// Every code: those of HTTP, then those of the domain.
    pub fn all() -> impl Iterator<Item = Self> {
        let refused = Refusal::ALL.iter().map(|refusal| Self::Refused(*refusal));
        Self::HTTP.iter().copied().chain(refused)
    }

    /// The code that says what a bare status says.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::InsufficientScope,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            409 => Self::Conflict,
            412 => Self::PreconditionFailed,
            413 => Self::PayloadTooLarge,
            414 => Self::UriTooLong,
            415 => Self::UnsupportedMediaType,
            422 => Self::ValidationFailed,
            429 => Self::RateLimited,
            431 => Self::HeadersTooLarge,
            503 => Self::Unavailable,
            400..=499 => Self::Malformed,
            _ => Self::Internal,
        }
    }
}

impl std::str::FromStr for Code {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::all().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

/// A text that is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an error code")]
pub struct UnknownCode;

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
