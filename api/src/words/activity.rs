//! What each kind of line of the activity log says, and whether it tells of something that was refused.
//! Nothing is noted that has no words here.

use domain::account::Language;
use serde::Deserialize;

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused, or failed.
    Refused,
}

impl Outcome {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// A kind of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its stable code.
    pub code: &'static str,
    /// How it went.
    pub outcome: Outcome,
    en: &'static str,
    fr: &'static str,
}

impl Kind {
    /// What it says.
    #[must_use]
    pub const fn words(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Fr => self.fr,
        }
    }
}

/// The kind with this code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.code == code)
}

/// The codes of the kinds with this outcome.
pub fn with(outcome: Outcome) -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter(move |kind| kind.outcome == outcome).map(|kind| kind.code)
}

const fn done(code: &'static str, en: &'static str, fr: &'static str) -> Kind {
    Kind { code, outcome: Outcome::Done, en, fr }
}

const fn refused(code: &'static str, en: &'static str, fr: &'static str) -> Kind {
    Kind { code, outcome: Outcome::Refused, en, fr }
}

/// Every kind, in the order of their codes.
pub const KINDS: &[Kind] = &[
    done("access_token.created", "An access token was created", "Un jeton d'accès a été créé"),
    done("access_token.revoked", "An access token was revoked", "Un jeton d'accès a été révoqué"),
    done("account.blocked", "The account was blocked by the provider", "Le compte a été bloqué par le fournisseur"),
    done("account.changed", "Account details were changed", "Des informations du compte ont été modifiées"),
    done("account.closed", "The account was closed", "Le compte a été clôturé"),
    done("account.created", "The account was created", "Le compte a été créé"),
    done("account.email_verified", "The primary address was proven", "L'adresse principale a été prouvée"),
    done(
        "account.sign_up_lapsed",
        "The sign-up ended: nobody proved the address",
        "L'inscription a pris fin : personne n'a prouvé l'adresse",
    ),
    done(
        "account.sign_up_repeated",
        "Somebody signed up again with the address of this account",
        "Quelqu'un s'est inscrit de nouveau avec l'adresse de ce compte",
    ),
    done(
        "account.test_clock_changed",
        "The test clock of the account was changed",
        "L'horloge de test du compte a été modifiée",
    ),
    done(
        "account.unblocked",
        "The account was unblocked by the provider",
        "Le compte a été débloqué par le fournisseur",
    ),
    done(
        "account.vat_id_confirmed",
        "The VAT number was found in the register",
        "Le numéro de TVA a été trouvé dans le registre",
    ),
    refused(
        "account.vat_id_refused",
        "The VAT number was not found in the register",
        "Le numéro de TVA n'a pas été trouvé dans le registre",
    ),
    refused(
        "account.verification_failed",
        "A wrong code for the primary address",
        "Un mauvais code pour l'adresse principale",
    ),
    done(
        "account.verification_requested",
        "A code for the primary address was asked for",
        "Un code pour l'adresse principale a été demandé",
    ),
    done(
        "anti_phishing_phrase.changed",
        "The anti-phishing phrase was changed",
        "La phrase anti-hameçonnage a été modifiée",
    ),
    done("backup_code.used", "A backup code was used", "Un code de secours a été utilisé"),
    done("backup_codes.activated", "Backup codes were activated", "Des codes de secours ont été activés"),
    done("backup_codes.issued", "New backup codes were issued", "De nouveaux codes de secours ont été créés"),
    done("backup_email.changed", "The backup address was changed", "L'adresse de secours a été modifiée"),
    done(
        "backup_email.requested",
        "A new backup address waits for its proof",
        "Une nouvelle adresse de secours attend sa preuve",
    ),
    done("closure.confirmed", "The closure of the account was confirmed", "La clôture du compte a été confirmée"),
    done(
        "closure.halted",
        "The closure was halted: something new stands in its way",
        "La clôture a été arrêtée : quelque chose de nouveau s'y oppose",
    ),
    done("closure.requested", "The closure of the account was asked for", "La clôture du compte a été demandée"),
    done("closure.revoked", "The closure of the account was taken back", "La clôture du compte a été annulée"),
    done("email.bounced", "A service e-mail came back", "Un e-mail de service est revenu"),
    done(
        "email.change_requested",
        "Another primary address was asked for",
        "Une autre adresse principale a été demandée",
    ),
    done(
        "email.change_stopped",
        "The change of the primary address was stopped",
        "Le changement d'adresse principale a été arrêté",
    ),
    done("email.change_undone", "The change of an address was undone", "Le changement d'une adresse a été annulé"),
    done("email.changed", "The primary address was changed", "L'adresse principale a été modifiée"),
    done(
        "email.retry_requested",
        "The provider had a failed service e-mail sent again",
        "Le fournisseur a fait renvoyer un e-mail de service en échec",
    ),
    done("email.sent_again", "A service e-mail was sent again", "Un e-mail de service a été renvoyé"),
    done(
        "email_address.code_requested",
        "A code for an extra address was asked for",
        "Un code pour une adresse supplémentaire a été demandé",
    ),
    done("email_address.proven", "An extra address was proven", "Une adresse supplémentaire a été prouvée"),
    done("email_address.undeliverable", "An address no longer takes mails", "Une adresse ne reçoit plus d'e-mails"),
    done(
        "email_routing.changed",
        "Where service e-mails go was changed",
        "La destination des e-mails de service a été modifiée",
    ),
    done("export.downloaded", "The archive of an export was downloaded", "L'archive d'un export a été téléchargée"),
    refused("export.failed", "An export of all the data could not be made", "Un export de toutes les données a échoué"),
    done("export.ready", "An export of all the data was made", "Un export de toutes les données a été préparé"),
    done(
        "export.requested",
        "An export of all the data was asked for",
        "Un export de toutes les données a été demandé",
    ),
    done(
        "export.retry_requested",
        "The provider had a failed export made again",
        "Le fournisseur a fait préparer de nouveau un export en échec",
    ),
    done(
        "factor_recovery.cancelled",
        "The recovery of lost second factors was cancelled",
        "La récupération des seconds facteurs perdus a été annulée",
    ),
    done(
        "factor_recovery.code_sent",
        "A code to recover lost second factors was mailed",
        "Un code de récupération des seconds facteurs perdus a été envoyé",
    ),
    done(
        "factor_recovery.completed",
        "Lost second factors were given up",
        "Les seconds facteurs perdus ont été abandonnés",
    ),
    done(
        "factor_recovery.started",
        "The wait to recover lost second factors began",
        "L'attente pour récupérer les seconds facteurs perdus a commencé",
    ),
    done("keys.data_key_created", "A new data key was made", "Une nouvelle clé de données a été créée"),
    done("keys.rotated", "What is secret is sealed with a new key", "Les secrets sont scellés par une nouvelle clé"),
    done("keys.signing_key_created", "A new signing key was made", "Une nouvelle clé de signature a été créée"),
    done(
        "milestone.retry_requested",
        "The provider had parked work done again",
        "Le fournisseur a fait reprendre une tâche mise de côté",
    ),
    done("operator.token_created", "An operator's token was made", "Un jeton d'opérateur a été créé"),
    done("operator.token_revoked", "An operator's token was revoked", "Un jeton d'opérateur a été révoqué"),
    done("order.cancelled", "An order was cancelled", "Une commande a été annulée"),
    done("order.delivered", "An order was delivered", "Une commande a été livrée"),
    done("order.expired", "An unpaid order expired", "Une commande impayée a expiré"),
    done("order.placed", "An order was placed", "Une commande a été passée"),
    done("order.step_changed", "A step of an order changed", "Une étape d'une commande a changé"),
    refused(
        "password.change_refused",
        "A change of the password was refused: wrong password",
        "Un changement de mot de passe a été refusé : mauvais mot de passe",
    ),
    done("password.changed", "The password was changed", "Le mot de passe a été modifié"),
    done(
        "password.disabled",
        "The password was made useless with the code of a notice",
        "Le mot de passe a été rendu inutilisable avec le code d'un avis",
    ),
    done(
        "password.off",
        "Too many wrong passwords: login by password is off until it is reset",
        "Trop de mauvais mots de passe : la connexion par mot de passe est coupée jusqu'à sa réinitialisation",
    ),
    done("password.reset", "The password was reset by mail", "Le mot de passe a été réinitialisé par e-mail"),
    done(
        "password.reset_requested",
        "A reset of the password was asked for",
        "Une réinitialisation du mot de passe a été demandée",
    ),
    done("payment_method.added", "A payment method was added", "Un moyen de paiement a été ajouté"),
    done(
        "payment_method.default_changed",
        "The default payment method was changed",
        "Le moyen de paiement par défaut a été modifié",
    ),
    done("payment_method.removed", "A payment method was removed", "Un moyen de paiement a été retiré"),
    done("payment_method.renamed", "A payment method was renamed", "Un moyen de paiement a été renommé"),
    done("phone.changed", "The phone number was changed", "Le numéro de téléphone a été modifié"),
    done("phone.removed", "The phone number was removed", "Le numéro de téléphone a été retiré"),
    done(
        "phone.requested",
        "A code was sent to a new phone number",
        "Un code a été envoyé à un nouveau numéro de téléphone",
    ),
    done("plan.published", "A plan of the catalogue was published", "Un plan du catalogue a été publié"),
    done(
        "remembered_device.added",
        "A device was remembered: no second factor at its login",
        "Un appareil a été mémorisé : sans second facteur à sa connexion",
    ),
    done("remembered_device.removed", "A remembered device was forgotten", "Un appareil mémorisé a été oublié"),
    done("scheduler.released", "Paused renewals were released", "Les renouvellements en pause ont repris"),
    refused(
        "security.address_slowed",
        "An address has to wait: too many wrong passwords",
        "Une adresse doit attendre : trop de mauvais mots de passe",
    ),
    refused("security.factor_refused", "A second factor was wrong", "Un second facteur était faux"),
    done(
        "security.ip_rules_changed",
        "The access rules by address were changed",
        "Les règles d'accès par adresse ont été modifiées",
    ),
    done(
        "security.ip_rules_cleared",
        "The access rules by address were removed",
        "Les règles d'accès par adresse ont été retirées",
    ),
    refused("security.proof_refused", "A proof of identity was refused", "Une preuve d'identité a été refusée"),
    done("security.proven", "Identity was proven again", "L'identité a été prouvée de nouveau"),
    done("security_key.added", "A security key was added", "Une clé de sécurité a été ajoutée"),
    done("security_key.removed", "A security key was removed", "Une clé de sécurité a été retirée"),
    done("security_key.renamed", "A security key was renamed", "Une clé de sécurité a été renommée"),
    done(
        "security_key.suspended",
        "A security key was suspended: it may have been copied",
        "Une clé de sécurité a été suspendue : elle a peut-être été copiée",
    ),
    done(
        "service.cancellation_revoked",
        "The cancellation of a service was taken back",
        "La résiliation d'un service a été annulée",
    ),
    done(
        "service.cancellation_scheduled",
        "A service was cancelled at its expiry",
        "Un service a été résilié à son échéance",
    ),
    done("service.deleted", "A service was deleted", "Un service a été supprimé"),
    done(
        "service.deletion_requested",
        "The immediate deletion of a service was asked for",
        "La suppression immédiate d'un service a été demandée",
    ),
    done("service.renamed", "A service was renamed", "Un service a été renommé"),
    done(
        "service.renewal_changed",
        "The renewal of a service was changed",
        "Le renouvellement d'un service a été modifié",
    ),
    done(
        "session.challenged",
        "The password of a login was right; its second factor was awaited",
        "Le mot de passe d'une connexion était juste ; son second facteur était attendu",
    ),
    done("session.ended", "A session was ended", "Une session a été fermée"),
    done("session.opened", "A session was opened", "Une session a été ouverte"),
    done("session.refreshed", "A session went on", "Une session a continué"),
    refused("session.refused", "A login was refused", "Une connexion a été refusée"),
    refused(
        "session.token_reused",
        "A used token came back: the session was ended",
        "Un jeton déjà utilisé est revenu : la session a été fermée",
    ),
    done("test_clock.advancing", "A test clock was moved", "Une horloge de test a été avancée"),
    done("test_clock.created", "A test clock was made", "Une horloge de test a été créée"),
    done(
        "totp_device.activated",
        "An authenticator app was activated",
        "Une application d'authentification a été activée",
    ),
    done("totp_device.created", "An authenticator app was begun", "Une application d'authentification a été commencée"),
    done("totp_device.removed", "An authenticator app was removed", "Une application d'authentification a été retirée"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_complete_in_both_languages() {
        assert!(KINDS.is_sorted_by(|one, next| one.code < next.code));
        for kind in KINDS {
            assert!(!kind.words(Language::En).is_empty() && !kind.words(Language::Fr).is_empty(), "{}", kind.code);
            assert_ne!(kind.words(Language::En), kind.words(Language::Fr), "{}", kind.code);
        }
    }
}
