//! What is wrong with one value: its stable code and the message in English and French.
//! `{name}` is replaced by the fault's parameter of that name.

/// Every code of a single value, with its message: English, French. A code that is not here (the
/// domain's, for instance) says its own title.
pub const CODES: &[(&str, [&str; 2])] = &[
    ("required", ["Is required.", "Est obligatoire."]),
    (
        "unknown_member",
        ["Is not a member that this operation takes.", "N'est pas un membre que cette opération accepte."],
    ),
    ("unknown_parameter", ["Is not a parameter of this operation.", "N'est pas un paramètre de cette opération."]),
    ("duplicate", ["Is given more than once.", "Est donné plus d'une fois."]),
    ("null_not_allowed", ["Leave the member out instead of null.", "Omettez le membre au lieu de null."]),
    ("invalid_type", ["Must be {expected}.", "Doit être du type attendu ({expected})."]),
    ("invalid_format", ["Does not have the expected form.", "N'a pas la forme attendue."]),
    ("invalid_value", ["Is not accepted.", "N'est pas accepté."]),
    ("not_one_of", ["Must be one of {allowed}.", "Doit être l'une des valeurs {allowed}."]),
    ("too_long", ["Is longer than {max} characters.", "Compte plus de {max} caractères."]),
    ("too_short", ["Is shorter than {min} characters.", "Compte moins de {min} caractères."]),
    ("too_many", ["Has more than {max} items.", "Compte plus de {max} éléments."]),
    ("too_few", ["Has fewer than {min} items.", "Compte moins de {min} éléments."]),
    ("too_deep", ["Is nested more than {max} levels deep.", "Est imbriqué sur plus de {max} niveaux."]),
    ("out_of_range", ["Must be between {min} and {max}.", "Doit être compris entre {min} et {max}."]),
    ("not_ready", ["Is not as it should be.", "N'est pas en état."]),
    ("too_weak", ["Is too easy to guess.", "Est trop facile à deviner."]),
    (
        "password_contested",
        [
            "Is needed: this address signed up more than once, so choose the password that opens the account.",
            "Est nécessaire : cette adresse s'est inscrite plusieurs fois, choisissez le mot de passe qui ouvre le compte.",
        ],
    ),
    ("invalid_email", ["Must be an e-mail address.", "Doit être une adresse e-mail."]),
    ("invalid_id", ["Must be an id of the right kind.", "Doit être un identifiant du bon type."]),
    ("not_found", ["Names nothing that exists.", "Ne désigne rien qui existe."]),
    ("already_used", ["Is already used.", "Est déjà utilisé."]),
    (
        "not_applicable",
        [
            "Is nothing that this kind of account has in this country.",
            "N'existe pas pour ce type de compte dans ce pays.",
        ],
    ),
    ("in_the_past", ["Must not be in the past.", "Ne doit pas être dans le passé."]),
    ("not_available", ["Is not available.", "N'est pas disponible."]),
    ("duplicate_item", ["Is the same as an item before.", "Est identique à un élément précédent."]),
    (
        "category_homeless",
        [
            "Leaves {category} without an address: choose one for it.",
            "Laisse {category} sans adresse : choisissez-en une.",
        ],
    ),
    ("category_stays", ["{category} always goes here too.", "{category} arrive toujours ici aussi."]),
    (
        "phone_is_verified",
        [
            "Is verified: change it with PUT /v1/account/phone, or remove it with DELETE.",
            "Est vérifié : changez-le avec PUT /v1/account/phone, ou retirez-le avec DELETE.",
        ],
    ),
    (
        "phone_not_reachable",
        [
            "Must be a mobile number, of a country that text messages are sent to.",
            "Doit être un numéro de mobile, d'un pays vers lequel des SMS sont envoyés.",
        ],
    ),
    ("currency_mismatch", ["Must be in {currency}.", "Doit être en {currency}."]),
];

/// The message of a code; its words are those of [`CODES`], or of a refusal with the same code.
pub(super) fn message(code: &str, language: usize) -> &'static str {
    let known = CODES.iter().find(|(known, _)| *known == code).map(|(_, words)| *words);
    let words = known.or_else(|| code.parse::<super::Code>().ok().map(|code| code.entry().title));
    let fallback = ["Is not accepted.", "N'est pas accepté."];
    words.unwrap_or(fallback).get(language).copied().unwrap_or_default()
}

/// The message of a code with its parameters put in: English is 0, French 1.
#[must_use]
pub fn worded(code: &str, language: usize, params: &serde_json::Map<String, serde_json::Value>) -> String {
    super::view::fill(message(code, language), params)
}
