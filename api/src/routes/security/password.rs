//! The password: changing it while logged in, and judging one that is being typed.

use crate::actions::account::change_password;
use crate::actions::account::password::{self, Strength};
use crate::actions::{Error, Invalid};
use crate::app::App;
use crate::http::body::Body;
use crate::http::caller::{Client, RequireFresh};
use crate::http::idempotency::Key;
use crate::http::reply::Reply;
use crate::http::scope::SecurityWrite;
use crate::problem::{Problem, ProblemBody, field};
use actix_web::web::Data;
use actix_web::{post, put};
use domain::account::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use zxcvbn::feedback::{Suggestion, Warning};

/// Own words that a visitor may name.
const OWN_WORDS_MAX: usize = 10;
/// The longest of them, in characters.
const OWN_WORD_LENGTH_MAX: usize = 254;

/// Routes of this file.
pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(set_password).service(judge_password);
}

/// The present password and the next one.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present password.
    #[schema(format = Password, max_length = 256, example = "quatre tortues lisent au soleil")]
    current_password: String,
    /// At least 15 characters, not easily guessed, none of the last five.
    #[schema(format = Password, min_length = 15, max_length = 256, example = "neuf lanternes flottent sur la Deule")]
    new_password: String,
}

/// A password that is being chosen.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordToJudge {
    /// It is neither stored nor logged.
    #[schema(format = Password, max_length = 256, example = "quatre tortues lisent au soleil")]
    password: String,
    /// What its owner is known by (address, names): guessers try those first.
    #[serde(default)]
    #[schema(nullable = false, max_items = 10, example = json!(["camille.durand@example.org"]))]
    own_words: Option<Vec<String>>,
}

/// A reason or an advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PasswordAdvice)]
pub struct AdviceView {
    /// Stable. Extensible enum.
    #[schema(max_length = 64, example = "add_another_word")]
    pub code: String,
    /// The same in the language of the answer.
    #[schema(max_length = 255, example = "Add another word or two; rare words are better.")]
    pub message: String,
}

/// How hard a password is to guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PasswordStrength)]
pub struct StrengthView {
    /// From 0, guessed at once, to 4, very hard to guess.
    #[schema(minimum = 0, maximum = 4, example = 4)]
    pub score: u8,
    /// Whether it may be set, as far as the password alone tells: the history of an account is not looked at.
    #[schema(example = true)]
    pub acceptable: bool,
    /// Why it may not be set: the codes with which it would be refused.
    #[schema(max_items = 8)]
    pub faults: Vec<AdviceView>,
    /// What makes it weak.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub warning: Option<AdviceView>,
    /// How to make it stronger.
    #[schema(max_items = 16)]
    pub suggestions: Vec<AdviceView>,
}

/// Changes the password.
#[utoipa::path(
    operation_id = "change_password", tag = "Security",
    summary = "Change the password",
    description = "Sets a new password with the present one, ends every other session and tells the owner at every proven address. The new password has at least 15 characters and none of its composition is prescribed; it is refused when it is common or made of what guessers try first (`password_blocklisted`), easily guessed otherwise (`password_too_weak`) or one of the last five (`password_reused`). A wrong present password is a 422 `password_wrong`; after five in one session the next one has to wait (429).",
    security(("bearer" = ["security:write"])),
    request_body(content = PasswordChange),
    responses(
        (status = 204, description = "The password is changed; the other sessions have ended"),
        (status = 422, description = "A password is wrong, weak or was used before", body = ProblemBody),
    ),
    extensions(("x-fresh-proof" = json!(true))),
)]
#[put("/security/password")]
pub async fn set_password(
    app: Data<App>,
    caller: RequireFresh<SecurityWrite>,
    key: Key,
    body: Body<PasswordChange>,
) -> Result<Reply, Problem> {
    let (RequireFresh(caller, ..), input) = (caller, body.0);
    let (cx, session) = (caller.cx(&app), caller.session.as_ref().map(|session| session.id));
    let who = (caller.id(), session);
    if let Some(reply) = key.answered(&app, &caller.scope()).await? {
        return Ok(reply);
    }
    let checked = change_password::check(&app, &cx, who, &input.current_password, &input.new_password).await?;
    key.once(&app, &caller.scope(), async |tx| {
        change_password::change(tx, &cx, &checked, session).await?;
        Ok(Reply::no_content())
    })
    .await
}

/// Judges a password.
#[utoipa::path(
    operation_id = "judge_password", tag = "Security", security(()),
    summary = "Judge a password",
    description = "How hard a password is to guess, why it could not be set, and what would make it stronger, for a form in which it is being typed. The password is neither stored nor logged, not even under an `Idempotency-Key`. Needs no login; name the owner's address and names in `own_words`, because guessers try those first.",
    request_body(content = PasswordToJudge),
    responses((status = 200, description = "The judgement", body = StrengthView)),
)]
#[post("/security/password-strength")]
pub async fn judge_password(
    app: Data<App>,
    client: Client,
    _key: Key,
    body: Body<PasswordToJudge>,
) -> Result<Reply, Problem> {
    let input = body.0;
    let own = input.own_words.unwrap_or_default();
    if own.len() > OWN_WORDS_MAX {
        return Err(Error::from(Invalid::new("/own_words", "too_many").with("max", OWN_WORDS_MAX)).into());
    }
    if let Some(at) = own.iter().position(|word| word.chars().count() > OWN_WORD_LENGTH_MAX) {
        let long = Invalid::new(format!("/own_words/{at}"), "too_long").with("max", OWN_WORD_LENGTH_MAX);
        return Err(Error::from(long).into());
    }
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let judged = password::judge(&app, &input.password, &own, "/password").await?;
    Ok(Reply::ok(&StrengthView::of(&judged, client.language)))
}

impl StrengthView {
    fn of(judged: &Strength, language: Language) -> Self {
        let at = match language {
            Language::En => 0,
            Language::Fr => 1,
        };
        let advice = |(code, texts): (&str, [&str; 2])| AdviceView {
            code: code.to_owned(),
            message: texts.get(at).copied().unwrap_or_default().to_owned(),
        };
        let fault = |fault: &Invalid| AdviceView {
            code: fault.code.to_owned(),
            message: field::worded(fault.code, at, &fault.params),
        };
        let mut suggestions: Vec<AdviceView> = judged.suggestions.iter().map(|it| advice(suggested(*it))).collect();
        suggestions.dedup();
        Self {
            score: judged.score,
            acceptable: judged.faults.is_empty(),
            faults: judged.faults.iter().map(fault).collect(),
            warning: judged.warning.map(|warning| advice(warned(warning))),
            suggestions,
        }
    }
}

/// What makes a password weak: code, English, French.
const fn warned(warning: Warning) -> (&'static str, [&'static str; 2]) {
    use Warning as W;
    match warning {
        W::StraightRowsOfKeysAreEasyToGuess => {
            ("row_of_keys", ["Rows of keys are easy to guess.", "Les rangées de touches sont faciles à deviner."])
        }
        W::ShortKeyboardPatternsAreEasyToGuess => (
            "keyboard_pattern",
            [
                "Short patterns on the keyboard are easy to guess.",
                "Les courts motifs au clavier sont faciles à deviner.",
            ],
        ),
        W::RepeatsLikeAaaAreEasyToGuess => (
            "repeated_sign",
            ["Repeats like \"aaa\" are easy to guess.", "Les répétitions comme « aaa » sont faciles à deviner."],
        ),
        W::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => (
            "repeated_part",
            [
                "Repeating a part makes it hardly harder to guess.",
                "Répéter une partie ne rend guère plus difficile à deviner.",
            ],
        ),
        W::ThisIsATop10Password | W::ThisIsATop100Password | W::ThisIsACommonPassword => {
            ("common_password", ["This is a common password.", "C'est un mot de passe courant."])
        }
        W::ThisIsSimilarToACommonlyUsedPassword => {
            ("like_a_common_password", ["This is like a common password.", "Cela ressemble à un mot de passe courant."])
        }
        W::SequencesLikeAbcAreEasyToGuess => (
            "sequence",
            ["Sequences like abc or 6543 are easy to guess.", "Les suites comme abc ou 6543 sont faciles à deviner."],
        ),
        W::RecentYearsAreEasyToGuess => {
            ("recent_year", ["Recent years are easy to guess.", "Les années récentes sont faciles à deviner."])
        }
        W::AWordByItselfIsEasyToGuess => {
            ("single_word", ["A word by itself is easy to guess.", "Un mot seul est facile à deviner."])
        }
        W::DatesAreOftenEasyToGuess => {
            ("date", ["Dates are often easy to guess.", "Les dates sont souvent faciles à deviner."])
        }
        W::NamesAndSurnamesByThemselvesAreEasyToGuess | W::CommonNamesAndSurnamesAreEasyToGuess => {
            ("name", ["Names are easy to guess.", "Les noms sont faciles à deviner."])
        }
    }
}

/// What would make a password stronger: code, English, French.
const fn suggested(suggestion: Suggestion) -> (&'static str, [&'static str; 2]) {
    use Suggestion as S;
    match suggestion {
        S::UseAFewWordsAvoidCommonPhrases => (
            "use_a_few_words",
            ["Use a few words, but no common phrase.", "Utilisez plusieurs mots, mais pas une phrase courante."],
        ),
        S::NoNeedForSymbolsDigitsOrUppercaseLetters => (
            "no_need_for_signs",
            [
                "Signs, digits and capitals are not needed.",
                "Les signes, chiffres et majuscules ne sont pas nécessaires.",
            ],
        ),
        S::AddAnotherWordOrTwo => (
            "add_another_word",
            [
                "Add another word or two; rare words are better.",
                "Ajoutez un mot ou deux ; les mots rares sont meilleurs.",
            ],
        ),
        S::CapitalizationDoesntHelpVeryMuch | S::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => {
            ("capitals_hardly_help", ["Capitals hardly help.", "Les majuscules n'aident guère."])
        }
        S::ReversedWordsArentMuchHarderToGuess => (
            "reversing_hardly_helps",
            ["Writing words backwards hardly helps.", "Écrire les mots à l'envers n'aide guère."],
        ),
        S::PredictableSubstitutionsDontHelpVeryMuch => (
            "substitutions_hardly_help",
            [
                "Signs instead of letters, such as @ for a, hardly help.",
                "Des signes à la place de lettres, comme @ pour a, n'aident guère.",
            ],
        ),
        S::UseALongerKeyboardPatternWithMoreTurns => {
            ("avoid_keyboard_patterns", ["Avoid patterns on the keyboard.", "Évitez les motifs au clavier."])
        }
        S::AvoidRepeatedWordsAndCharacters => {
            ("avoid_repeats", ["Avoid repeated words and signs.", "Évitez les mots et signes répétés."])
        }
        S::AvoidSequences => ("avoid_sequences", ["Avoid sequences.", "Évitez les suites."]),
        S::AvoidRecentYears | S::AvoidYearsThatAreAssociatedWithYou | S::AvoidDatesAndYearsThatAreAssociatedWithYou => {
            (
                "avoid_dates",
                ["Avoid dates and years that have to do with you.", "Évitez les dates et années qui vous concernent."],
            )
        }
    }
}
