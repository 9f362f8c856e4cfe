//! The domain's refusals as HTTP: status, title and detail in English and French.

use super::code::{Entry, entry};
use domain::refusal::Refusal;

/// Its line in the table. Exhaustive: a new refusal does not compile without its words.
#[expect(clippy::too_many_lines, reason = "one table")]
pub(super) const fn entry_of(refusal: Refusal) -> Entry {
    use Refusal as R;
    match refusal {
        R::EmailNotVerified => entry(
            403,
            ["The e-mail address is not verified", "L'adresse e-mail n'est pas vérifiée"],
            [
                "Verify the address with the code that was mailed to it.",
                "Vérifiez l'adresse avec le code qui lui a été envoyé.",
            ],
        ),
        R::AccountNotActive => entry(
            403,
            ["The account is not active", "Le compte n'est pas actif"],
            [
                "The account is closed, or blocked by the provider.",
                "Le compte est clôturé, ou bloqué par le fournisseur.",
            ],
        ),
        R::AccountClosing => entry(
            409,
            ["The account is being closed", "Le compte est en cours de clôture"],
            ["Revoke the closure first.", "Révoquez d'abord la clôture."],
        ),
        R::TaxNotSupported => entry(
            422,
            ["The tax on this sale is not known", "La taxe sur cette vente n'est pas connue"],
            [
                "No rule or no rate of VAT is known for this seller, this buyer and this day.",
                "Aucune règle ou aucun taux de TVA n'est connu pour ce vendeur, cet acheteur et ce jour.",
            ],
        ),
        R::PlanNotAvailable => entry(
            422,
            ["The plan is not available", "L'offre n'est pas disponible"],
            ["The plan is not sold, or not for this period.", "L'offre n'est pas vendue, ou pas pour cette période."],
        ),
        R::OrderNotPayable => entry(
            409,
            ["The order cannot be paid", "La commande ne peut pas être payée"],
            ["The order is not waiting for a payment.", "La commande n'attend pas de paiement."],
        ),
        R::OrderTaxChanged => entry(
            409,
            ["The VAT of the order has changed", "La TVA de la commande a changé"],
            [
                "Your details, or a rate, are others than when it was placed. Cancel it and place it again.",
                "Vos informations, ou un taux, ne sont plus ceux de la commande. Annulez-la et passez-la de nouveau.",
            ],
        ),
        R::OrderNotCancellable => entry(
            409,
            ["The order cannot be cancelled", "La commande ne peut pas être annulée"],
            ["The order was paid or ended.", "La commande est payée ou terminée."],
        ),
        R::StepOutOfOrder => entry(
            409,
            ["The step is out of order", "L'étape n'est pas dans l'ordre"],
            [
                "A delivery step cannot follow the one before.",
                "Une étape de livraison ne peut pas suivre la précédente.",
            ],
        ),
        R::ServiceDeleted => entry(
            409,
            ["The service is deleted", "Le service est supprimé"],
            ["A deletion is definitive.", "Une suppression est définitive."],
        ),
        R::ServiceNotDelivered => entry(
            409,
            ["The service is not delivered yet", "Le service n'est pas encore livré"],
            ["Wait until the service is delivered.", "Attendez que le service soit livré."],
        ),
        R::CancellationAlreadyRequested => entry(
            409,
            ["A cancellation is already under way", "Une résiliation est déjà en cours"],
            ["The service already ends at its expiry.", "Le service s'arrête déjà à son échéance."],
        ),
        R::NoCancellation => entry(
            409,
            ["There is no cancellation", "Il n'y a pas de résiliation"],
            ["There is no cancellation to revoke.", "Il n'y a pas de résiliation à révoquer."],
        ),
        R::CancellationTooLate => entry(
            409,
            ["It is too late to change the cancellation", "Il est trop tard pour modifier la résiliation"],
            ["Less than 24 hours are left before expiry.", "Il reste moins de 24 heures avant l'échéance."],
        ),
        R::ServiceCancelled => entry(
            409,
            ["The service is cancelled", "Le service est résilié"],
            [
                "The service ends at expiry: revoke the cancellation first.",
                "Le service s'arrête à l'échéance : révoquez d'abord la résiliation.",
            ],
        ),
        R::HorizonExceeded => entry(
            409,
            ["The renewal reaches too far", "Le renouvellement va trop loin"],
            [
                "The renewal would reach further than the plan allows.",
                "Le renouvellement dépasserait ce que permet l'offre.",
            ],
        ),
        R::RenewalUnpaid => entry(
            402,
            ["A renewal is unpaid", "Un renouvellement est impayé"],
            ["Pay the unpaid renewal first.", "Payez d'abord le renouvellement impayé."],
        ),
        R::NothingDue => entry(
            409,
            ["Nothing is due", "Rien n'est dû"],
            ["Nothing is left to pay on this document.", "Il ne reste rien à payer sur ce document."],
        ),
        R::PaymentInProgress => entry(
            409,
            ["A payment is under way", "Un paiement est en cours"],
            [
                "Another payment of the same debt has no outcome yet.",
                "Un autre paiement de la même dette n'a pas encore de résultat.",
            ],
        ),
        R::PaymentDeclined => entry(
            402,
            ["The payment was declined", "Le paiement a été refusé"],
            [
                "Use another payment method, or ask your bank.",
                "Utilisez un autre moyen de paiement, ou interrogez votre banque.",
            ],
        ),
        R::NoPaymentMethod => entry(
            409,
            ["There is no usable payment method", "Il n'y a pas de moyen de paiement utilisable"],
            ["Add a payment method first.", "Ajoutez d'abord un moyen de paiement."],
        ),
        R::BalanceInsufficient => entry(
            402,
            ["The balance does not cover the amount", "Le solde ne couvre pas le montant"],
            ["Use a payment method.", "Utilisez un moyen de paiement."],
        ),
        R::LastPaymentMethod => entry(
            409,
            ["The last payment method is needed", "Le dernier moyen de paiement est nécessaire"],
            [
                "A service renews automatically: add another method first.",
                "Un service se renouvelle automatiquement : ajoutez d'abord un autre moyen.",
            ],
        ),
        R::CardNumberRefused => entry(
            422,
            ["Card numbers are refused", "Les numéros de carte sont refusés"],
            [
                "Never send card numbers here: only the payment gateway's tokens.",
                "N'envoyez jamais de numéro de carte : seulement les jetons de la passerelle de paiement.",
            ],
        ),
        R::CodeInvalid => entry(
            422,
            ["The code is wrong", "Le code est faux"],
            ["Check the code or token in the mail.", "Vérifiez le code ou le jeton dans le message."],
        ),
        R::CodeExpired => entry(
            410,
            ["The code is no longer valid", "Le code n'est plus valable"],
            [
                "The code or token was used, replaced or is too old: ask for a new one.",
                "Le code ou le jeton a servi, a été remplacé ou est trop ancien : demandez-en un nouveau.",
            ],
        ),
        R::ChallengeEnded => entry(
            410,
            ["The login has ended", "La connexion est terminée"],
            [
                "The login was completed, tried too often, or is too old: log in again.",
                "La connexion est achevée, a été essayée trop souvent ou est trop ancienne : reconnectez-vous.",
            ],
        ),
        R::CeremonyEnded => entry(
            410,
            ["The ceremony has ended", "La cérémonie est terminée"],
            [
                "The ceremony with the security key was completed, replaced, or is too old: ask for new options.",
                "La cérémonie avec la clé de sécurité est achevée, remplacée ou trop ancienne : demandez de nouvelles options.",
            ],
        ),
        R::SecurityKeyRefused => entry(
            422,
            ["The security key was refused", "La clé de sécurité a été refusée"],
            [
                "The answer of the key does not fit what was asked, or the key is registered already.",
                "La réponse de la clé ne correspond pas à la demande, ou la clé est déjà enregistrée.",
            ],
        ),
        R::NoSecurityKey => entry(
            409,
            ["There is no security key to use", "Il n'y a pas de clé de sécurité utilisable"],
            [
                "The account has no security key that can be used: show another second factor.",
                "Le compte n'a pas de clé de sécurité utilisable : présentez un autre second facteur.",
            ],
        ),
        R::TooManyFactors => entry(
            409,
            ["There are too many factors", "Il y a trop de facteurs"],
            ["Remove one first.", "Retirez-en un d'abord."],
        ),
        R::TooManyAccessTokens => entry(
            409,
            ["There are too many access tokens", "Il y a trop de jetons d'accès"],
            ["Revoke one first.", "Révoquez-en un d'abord."],
        ),
        R::RecoveryUnderWay => entry(
            409,
            ["A recovery is under way", "Une récupération est en cours"],
            [
                "Lost second factors are being recovered: cancel that, or wait for its end.",
                "Des seconds facteurs perdus sont en cours de récupération : annulez-la ou attendez sa fin.",
            ],
        ),
        R::NoSecondFactor => entry(
            409,
            ["There is no second factor", "Il n'y a pas de second facteur"],
            [
                "Add an authenticator app or a security key first.",
                "Ajoutez d'abord une application d'authentification ou une clé de sécurité.",
            ],
        ),
        R::BackupEmailSameAsPrimary => entry(
            422,
            ["The backup address is the primary one", "L'adresse de secours est l'adresse principale"],
            ["Choose another address.", "Choisissez une autre adresse."],
        ),
        R::EmailUnchanged => entry(
            409,
            ["The address is the present one", "L'adresse est déjà l'adresse actuelle"],
            ["The account has this primary address already.", "Le compte a déjà cette adresse principale."],
        ),
        R::EmailSameAsBackup => entry(
            422,
            ["The address is the backup one", "L'adresse est l'adresse de secours"],
            [
                "Choose another address, or remove the backup address first.",
                "Choisissez une autre adresse, ou retirez d'abord l'adresse de secours.",
            ],
        ),
        R::EmailAlreadyUsed => entry(
            409,
            ["The address belongs to another account", "L'adresse appartient à un autre compte"],
            [
                "Log in to that account, or choose another address.",
                "Connectez-vous à cet autre compte, ou choisissez une autre adresse.",
            ],
        ),
        R::PhoneAlreadyVerified => entry(
            409,
            ["The phone number is verified already", "Le numéro de téléphone est déjà vérifié"],
            ["The account has this number, and it is verified.", "Le compte a ce numéro, et il est vérifié."],
        ),
        R::ProfileIncomplete => entry(
            409,
            ["The profile is not complete", "Le profil est incomplet"],
            [
                "An invoice has to name you: complete the profile first. What it needs for your country and kind is at GET /v1/account-rules.",
                "Une facture doit vous nommer : complétez d'abord le profil. GET /v1/account-rules dit ce qu'il faut pour votre pays et votre type de compte.",
            ],
        ),
        R::AddressAlreadyProven => entry(
            409,
            ["The address is proven already", "L'adresse est déjà vérifiée"],
            [
                "Its mails arrive: there is no code to ask for.",
                "Les messages y arrivent : il n'y a pas de code à demander.",
            ],
        ),
        R::EmailNotAccepted => entry(
            409,
            ["The mail cannot come back", "Ce message ne peut pas être retourné"],
            [
                "The mail relay has not accepted it, or it came back for another reason before.",
                "Le relais ne l'a pas accepté, ou il a déjà été retourné pour une autre raison.",
            ],
        ),
        R::EmailNotResendable => entry(
            409,
            ["The mail cannot be sent again", "Ce message ne peut pas être renvoyé"],
            [
                "It carries a code or token (ask for a new one instead), is still on its way, or was erased.",
                "Il contient un code ou un jeton (demandez-en un autre), est encore en route, ou a été effacé.",
            ],
        ),
        R::PasswordTooWeak => entry(
            422,
            ["The password is too weak", "Le mot de passe est trop faible"],
            ["Choose a longer, less common password.", "Choisissez un mot de passe plus long et moins courant."],
        ),
        R::PasswordBlocklisted => entry(
            422,
            ["The password is one that is tried first", "Le mot de passe est de ceux qu'on essaie d'abord"],
            [
                "It is common, or made of common words, your own details, repetitions or runs over the keyboard: choose another one.",
                "Il est courant, ou fait de mots courants, de vos propres données, de répétitions ou de suites de touches : choisissez-en un autre.",
            ],
        ),
        R::PasswordReused => entry(
            422,
            ["The password was used before", "Le mot de passe a déjà servi"],
            [
                "It is one of the last five of this account: choose another one.",
                "C'est l'un des cinq derniers de ce compte : choisissez-en un autre.",
            ],
        ),
        R::PasswordWrong => entry(
            422,
            ["The present password is wrong", "Le mot de passe actuel est faux"],
            ["Check the present password.", "Vérifiez le mot de passe actuel."],
        ),
        R::AddressNotAllowed => entry(
            403,
            ["This address is not allowed", "Cette adresse n'est pas autorisée"],
            [
                "The rules of the account do not allow its use from this address.",
                "Les règles du compte n'autorisent pas son utilisation depuis cette adresse.",
            ],
        ),
        R::IpRulesWouldLockOut => entry(
            409,
            ["The rules would keep you out", "Les règles vous excluraient"],
            [
                "The address that this request comes from would not be allowed any more: add a rule that allows it first.",
                "L'adresse d'où vient cette requête ne serait plus autorisée : ajoutez d'abord une règle qui l'autorise.",
            ],
        ),
        R::ServicesRemain => entry(
            409,
            ["Services remain", "Des services subsistent"],
            ["Delete them, or let them expire, first.", "Supprimez-les, ou laissez-les expirer, d'abord."],
        ),
        R::InvoicesUnpaid => {
            entry(409, ["Invoices are unpaid", "Des factures sont impayées"], ["Pay them first.", "Payez-les d'abord."])
        }
        R::OrdersOpen => entry(
            409,
            ["Orders are open", "Des commandes sont en cours"],
            ["Cancel them, or wait for their delivery, first.", "Annulez-les, ou attendez leur livraison, d'abord."],
        ),
        R::BalanceNotZero => entry(
            409,
            ["The balance is not zero", "Le solde n'est pas nul"],
            [
                "Use the balance up, or ask for its refund, first.",
                "Utilisez le solde, ou demandez son remboursement, d'abord.",
            ],
        ),
        R::PaymentsUnsettled => entry(
            409,
            ["Payments have no final outcome", "Des paiements n'ont pas de résultat définitif"],
            ["Wait for their outcome.", "Attendez leur résultat."],
        ),
        R::ClosureAlreadyRequested => entry(
            409,
            ["A closure is already under way", "Une clôture est déjà en cours"],
            ["Confirm or revoke it.", "Confirmez-la ou révoquez-la."],
        ),
        R::NoClosure => entry(
            409,
            ["There is no closure", "Il n'y a pas de clôture"],
            ["There is no closure to confirm or revoke.", "Il n'y a pas de clôture à confirmer ou à révoquer."],
        ),
        R::ExportNotReady => entry(
            409,
            ["There is no archive to download", "Il n'y a pas d'archive à télécharger"],
            [
                "The export is still being made, or could not be made: read its status.",
                "L'export est encore en préparation, ou n'a pas pu être préparé : consultez son statut.",
            ],
        ),
        R::ExportExpired => entry(
            410,
            ["The archive is gone", "L'archive n'existe plus"],
            ["Its time is over: ask for a new export.", "Sa durée est écoulée : demandez un nouvel export."],
        ),
        R::ExportNotFailed => entry(
            409,
            ["The export has not failed", "L'export n'a pas échoué"],
            [
                "Only a failed export is made again, and while no other one of its account is being made.",
                "Seul un export en échec est préparé de nouveau, quand aucun autre du compte n'est en préparation.",
            ],
        ),
        R::ClockGoesBack => entry(
            409,
            ["A test clock never goes back", "Une horloge de test ne recule jamais"],
            [
                "Choose an instant after the one where the clock stands.",
                "Choisissez un instant après celui de l'horloge.",
            ],
        ),
        R::ClockAdvancing => entry(
            409,
            ["The test clock is moving", "L'horloge de test avance"],
            ["Wait until its operation is finished.", "Attendez la fin de son opération."],
        ),
        R::AccountHasOrders => entry(
            409,
            ["The account has an order", "Le compte a une commande"],
            [
                "The clock of an account changes only before its first order.",
                "L'horloge d'un compte ne change qu'avant sa première commande.",
            ],
        ),
        R::MilestoneNotParked => entry(
            409,
            ["The milestone is not parked", "L'échéance n'est pas en attente d'intervention"],
            ["Only parked work can be asked to run again.", "Seul un travail mis de côté peut être relancé."],
        ),
        R::DocumentIssued => entry(
            409,
            ["The document is issued", "Le document est émis"],
            ["An issued document is never changed.", "Un document émis n'est jamais modifié."],
        ),
        R::CreditExceedsInvoice => entry(
            422,
            ["The credit exceeds the invoice", "L'avoir dépasse la facture"],
            ["Credit notes never exceed their invoice.", "Les avoirs ne dépassent jamais leur facture."],
        ),
        R::InvalidTransition => entry(
            409,
            ["The state does not allow this", "L'état ne le permet pas"],
            ["The resource is not in a state that allows this.", "La ressource n'est pas dans un état qui le permet."],
        ),
    }
}
