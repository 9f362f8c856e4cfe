//! Authority as a type: each scope is a zero-sized type that a handler's signature names.

/// What a caller may be allowed to do.
pub trait Scope: 'static {
    /// How tokens and the contract spell it.
    const NAME: &'static str;
}

macro_rules! scopes {
    ($($(#[$meta:meta])* $name:ident = $word:literal;)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl Scope for $name {
                const NAME: &'static str = $word;
            }
        )+
        /// Every scope of a customer, in the order of the contract.
        pub const CUSTOMER: &[&str] = &[$($word),+];
    };
}

scopes! {
    /// Reads the account, its mails and its activity.
    AccountRead = "account:read";
    /// Changes the account.
    AccountWrite = "account:write";
    /// Reads sessions and tokens.
    SecurityRead = "security:read";
    /// Changes password, sessions and tokens.
    SecurityWrite = "security:write";
    /// Reads services.
    ServicesRead = "services:read";
    /// Renews and cancels services.
    ServicesWrite = "services:write";
    /// Deletes services at once.
    ServicesDelete = "services:delete";
    /// Reads orders.
    OrdersRead = "orders:read";
    /// Places, pays and cancels orders.
    OrdersWrite = "orders:write";
    /// Reads invoices and credit notes.
    InvoicesRead = "invoices:read";
    /// Pays invoices.
    InvoicesPay = "invoices:pay";
    /// Reads payment methods.
    PaymentMethodsRead = "payment_methods:read";
    /// Adds, changes and removes payment methods.
    PaymentMethodsWrite = "payment_methods:write";
}

/// The one scope of operators.
pub const OPERATOR: &str = "operator:*";
