//! Every "no" of the domain, each with its stable code.

use crate::text::words;

words! {
    /// Why something asked for cannot be done. The words are the stable codes of the API.
    Refusal {
        /// The account must first prove its e-mail address.
        EmailNotVerified = "email_not_verified",
        /// The account is closed, or blocked by the provider.
        AccountNotActive = "account_not_active",
        /// The account is being closed.
        AccountClosing = "account_closing",
        /// No rule or no rate is known for this seller, this buyer, this day.
        TaxNotSupported = "tax_not_supported",
        /// The plan is not sold (any more) or not for this period.
        PlanNotAvailable = "plan_not_available",
        /// The order is not in a state that allows this.
        OrderNotPayable = "order_not_payable",
        /// What the order says of VAT does not hold any more: the buyer, or a rate, is another one.
        OrderTaxChanged = "order_tax_changed",
        /// The order was paid, it cannot be cancelled by its owner any more.
        OrderNotCancellable = "order_not_cancellable",
        /// A delivery step cannot follow the one before.
        StepOutOfOrder = "step_out_of_order",
        /// The service was deleted; that is definitive.
        ServiceDeleted = "service_deleted",
        /// The service is not delivered yet.
        ServiceNotDelivered = "service_not_delivered",
        /// A cancellation is already under way.
        CancellationAlreadyRequested = "cancellation_already_requested",
        /// There is no cancellation to revoke.
        NoCancellation = "no_cancellation",
        /// Less than 24 hours are left before expiry.
        CancellationTooLate = "cancellation_too_late",
        /// The service ends at expiry, it cannot be renewed: revoke the cancellation first.
        ServiceCancelled = "service_cancelled",
        /// The renewal would reach further than the plan allows.
        HorizonExceeded = "horizon_exceeded",
        /// The service has an unpaid renewal: pay it first.
        RenewalUnpaid = "renewal_unpaid",
        /// Nothing is due on this document.
        NothingDue = "nothing_due",
        /// Another payment of the same debt is under way.
        PaymentInProgress = "payment_in_progress",
        /// The gateway declined the payment.
        PaymentDeclined = "payment_declined",
        /// There is no usable payment method.
        NoPaymentMethod = "no_payment_method",
        /// The prepaid balance does not cover the amount.
        BalanceInsufficient = "balance_insufficient",
        /// The last valid method stays while a service renews automatically.
        LastPaymentMethod = "last_payment_method",
        /// The token of a payment method looks like a card number.
        CardNumberRefused = "card_number_refused",
        /// The code or token was wrong.
        CodeInvalid = "code_invalid",
        /// The code or token was used, replaced or is too old.
        CodeExpired = "code_expired",
        /// The login challenge was answered, tried too often, or is too old.
        ChallengeEnded = "challenge_ended",
        /// The ceremony with a security key was completed, replaced, or is too old.
        CeremonyEnded = "ceremony_ended",
        /// What the security key answered does not fit what was asked.
        SecurityKeyRefused = "security_key_refused",
        /// The account has no security key that can be used.
        NoSecurityKey = "no_security_key",
        /// There are as many factors of this kind as an account can have.
        TooManyFactors = "too_many_factors",
        /// The account has as many access tokens as it may.
        TooManyAccessTokens = "too_many_access_tokens",
        /// The recovery of a lost second factor is under way.
        RecoveryUnderWay = "recovery_under_way",
        /// The account has no second factor.
        NoSecondFactor = "no_second_factor",
        /// The backup address must differ from the primary one.
        BackupEmailSameAsPrimary = "backup_email_same_as_primary",
        /// The account has this primary address already.
        EmailUnchanged = "email_unchanged",
        /// The primary address must differ from the backup one.
        EmailSameAsBackup = "email_same_as_backup",
        /// Another account has, or had until just now, this address; told only to who reads its mails.
        EmailAlreadyUsed = "email_already_used",
        /// The account has this phone number, and it is verified.
        PhoneAlreadyVerified = "phone_already_verified",
        /// Invoices could not name who they are for.
        ProfileIncomplete = "profile_incomplete",
        /// The address is proven and its mails arrive: there is no code to ask for.
        AddressAlreadyProven = "address_already_proven",
        /// Only what the mail relay accepted can come back, and only once.
        EmailNotAccepted = "email_not_accepted",
        /// A mail with a code or token, or that is still on its way, is not sent again.
        EmailNotResendable = "email_not_resendable",
        /// The password does not satisfy the policy.
        PasswordTooWeak = "password_too_weak",
        /// The password is common, or made of what guessers try first.
        PasswordBlocklisted = "password_blocklisted",
        /// The account had this password before.
        PasswordReused = "password_reused",
        /// The present password that was given is not the right one.
        PasswordWrong = "password_wrong",
        /// The account may not be used from this address.
        AddressNotAllowed = "address_not_allowed",
        /// The rules would keep out who sets them.
        IpRulesWouldLockOut = "ip_rules_would_lock_out",
        /// Services that are not deleted stand in the way.
        ServicesRemain = "services_remain",
        /// Unpaid invoices stand in the way.
        InvoicesUnpaid = "invoices_unpaid",
        /// Open orders stand in the way.
        OrdersOpen = "orders_open",
        /// The prepaid balance is not zero.
        BalanceNotZero = "balance_not_zero",
        /// Payments whose outcome is not final stand in the way.
        PaymentsUnsettled = "payments_unsettled",
        /// A closure is already under way.
        ClosureAlreadyRequested = "closure_already_requested",
        /// There is no closure to revoke or confirm.
        NoClosure = "no_closure",
        /// There is no archive to download: it is still being made, or could not be made.
        ExportNotReady = "export_not_ready",
        /// The archive could be downloaded for a week, and is gone.
        ExportExpired = "export_expired",
        /// Only an export that failed is made again, and while no other one of its account is being made.
        ExportNotFailed = "export_not_failed",
        /// A test clock never goes back.
        ClockGoesBack = "clock_goes_back",
        /// The test clock is already moving.
        ClockAdvancing = "clock_advancing",
        /// The account already has an order: its clock cannot change.
        AccountHasOrders = "account_has_orders",
        /// Only parked work can be asked to run again.
        MilestoneNotParked = "milestone_not_parked",
        /// A document that was issued is never changed.
        DocumentIssued = "document_issued",
        /// Credit notes never exceed the invoice.
        CreditExceedsInvoice = "credit_exceeds_invoice",
        /// The state machine has no such transition.
        InvalidTransition = "invalid_transition",
    }
}

impl std::error::Error for Refusal {}

/// An event that the current state does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` cannot happen to a {machine} that is `{state}`")]
pub struct InvalidTransition {
    /// What kind of thing it is, e.g. `service`.
    pub machine: &'static str,
    /// Its present state.
    pub state: &'static str,
    /// The event that was refused.
    pub event: String,
}
