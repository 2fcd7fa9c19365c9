//! The languages the shop speaks, and what it says in them.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    French,
    Polish,
}

impl Language {
    pub const ALL: [Language; 3] = [Language::English, Language::French, Language::Polish];

    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::French => "fr",
            Language::Polish => "pl",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// A price as this language writes it.
    pub fn price(self, pounds: &str) -> String {
        match self {
            Language::English => format!("£{pounds}"),
            Language::French => format!("{}\u{a0}£", pounds.replace('.', ",")),
            Language::Polish => format!("{}\u{a0}£", pounds.replace('.', ",")),
        }
    }

    /// The shop's own words. Words about data are the service's, not the shop's.
    pub fn say(self, english: &'static str) -> &'static str {
        let at = match self {
            Language::English => return english,
            Language::French => 1,
            Language::Polish => 2,
        };
        WORDS.iter().find(|row| row[0] == english).map_or(english, |row| row[at])
    }
}

/// English, French, Polish.
const WORDS: &[[&str; 3]] = &[
    ["For you", "Pour vous", "Dla Ciebie"],
    ["Popular right now", "Populaire en ce moment", "Teraz popularne"],
    ["Goes with it", "Va bien avec", "Pasuje do tego"],
    ["With your basket", "Avec votre panier", "Do Twojego koszyka"],
    ["From your orders", "D’après vos commandes", "Z Twoich zamówień"],
    ["From your basket", "D’après votre panier", "Z Twojego koszyka"],
    ["From your returns", "D’après vos retours", "Z Twoich zwrotów"],
    ["Goes with this product", "Va avec ce produit", "Pasuje do tego produktu"],
    ["Popular", "Populaire", "Popularne"],
    ["Ad", "Publicité", "Reklama"],
    ["Why?", "Pourquoi ?", "Dlaczego?"],
    ["Shop", "Boutique", "Sklep"],
    ["Chat", "Chat", "Czat"],
    ["Basket", "Panier", "Koszyk"],
    ["Your data", "Vos données", "Twoje dane"],
    ["Add to basket", "Ajouter au panier", "Dodaj do koszyka"],
    ["Remove", "Retirer", "Usuń"],
    ["Total", "Total", "Razem"],
    ["Your basket is empty.", "Votre panier est vide.", "Twój koszyk jest pusty."],
    ["Everything", "Tout", "Wszystko"],
    ["Tea", "Thé", "Herbata"],
    ["Kitchen", "Cuisine", "Kuchnia"],
    ["Garden", "Jardin", "Ogród"],
    ["Paper", "Papier", "Papier"],
    ["Baby", "Bébé", "Dla dziecka"],
    ["Home", "Maison", "Dom"],
    ["From the orders", "Tiré des commandes", "Z zamówień"],
    [
        "Good things for home, table and garden",
        "De belles choses pour la maison, la table et le jardin",
        "Dobre rzeczy do domu, na stół i do ogrodu",
    ],
    ["Good to see you, Hanna.", "Ravie de vous voir, Hanna.", "Dobrze Cię widzieć, Hanno."],
    ["Good to see you, Tomek.", "Content de vous voir, Tomek.", "Dobrze Cię widzieć, Tomku."],
    ["Welcome.", "Bienvenue.", "Witaj."],
    [
        "Checkout is not part of this demo.",
        "Le paiement ne fait pas partie de cette démo.",
        "Ta demonstracja nie obejmuje płatności.",
    ],
    ["Skip to the list", "Aller à la liste", "Przejdź do listy"],
    ["This page does not exist.", "Cette page n’existe pas.", "Nie ma takiej strony."],
    ["Back to the shop", "Retour à la boutique", "Wróć do sklepu"],
    ["Write to the assistant", "Écrire à l’assistant", "Napisz do asystenta"],
    ["This assistant is scripted", "Cet assistant suit un script", "Ten asystent działa według skryptu"],
    [
        "It knows a few sentences and no more. Behind it is the same recommender, with the same permission.",
        "Il connaît quelques phrases, pas plus. Derrière lui, le même système de recommandation, avec la même permission.",
        "Zna kilka zdań i nic więcej. Stoi za nim ten sam system poleceń, z tym samym pozwoleniem.",
    ],
    [
        "Hello. I am a scripted assistant: I know a few sentences. Ask me for an idea, for a gift, or what is popular.",
        "Bonjour. Je suis un assistant scripté : je connais quelques phrases. Demandez-moi une idée, un cadeau ou ce qui est populaire.",
        "Dzień dobry. Jestem asystentem ze skryptem: znam kilka zdań. Zapytaj mnie o pomysł, o prezent albo o to, co popularne.",
    ],
    ["Here is what I would pick for you.", "Voici ce que je choisirais pour vous.", "Oto, co bym dla Ciebie wybrał."],
    [
        "Here is what others like right now. I used none of your data.",
        "Voici ce qui plaît en ce moment. Je n’ai utilisé aucune de vos données.",
        "Oto, co się teraz podoba. Nie użyłem żadnych Twoich danych.",
    ],
    ["Three ideas to begin with.", "Trois idées pour commencer.", "Trzy pomysły na początek."],
    [
        "Noted. From now on I choose with what you allow:",
        "C’est noté. Désormais je choisis avec ce que vous autorisez :",
        "Zanotowane. Od teraz wybieram z tego, na co pozwalasz:",
    ],
    [
        "I am a script and did not understand that. Ask me for an idea, a gift, or what is popular.",
        "Je suis un script et je n’ai pas compris. Demandez-moi une idée, un cadeau ou ce qui est populaire.",
        "Jestem skryptem i tego nie rozumiem. Zapytaj o pomysł, prezent albo o to, co popularne.",
    ],
    ["Give me an idea", "Donnez-moi une idée", "Daj mi pomysł"],
    ["What is popular?", "Qu’est-ce qui est populaire ?", "Co jest popularne?"],
    [
        "The chat is not installed. Run ./x demo, which brings it, or npm ci in demo-site.",
        "Le chat n’est pas installé. Lancez ./x demo, qui l’apporte, ou npm ci dans demo-site.",
        "Czat nie jest zainstalowany. Uruchom ./x demo albo npm ci w demo-site.",
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_missing_in_a_language() {
        for row in WORDS {
            assert!(row.iter().all(|word| !word.is_empty()), "{row:?}");
            assert_eq!(WORDS.iter().filter(|other| other[0] == row[0]).count(), 1, "{} twice", row[0]);
        }
    }

    #[test]
    fn prices_read_as_the_language_writes_them() {
        assert_eq!(Language::English.price("12.50"), "£12.50");
        assert_eq!(Language::Polish.price("12.50"), "12,50\u{a0}£");
    }
}
