#!/usr/bin/env python3
"""Makes api/data/common-passwords.zz: the passwords that guessers try first.

Everything in here was written down or computed for Tacit, under Tacit's own licence: no list of leaked or collected
passwords was copied. WORDS and PHRASES are what people are known to choose (words, names, the beginnings of songs and
prayers, proverbs), in English and French; the rest is put together from them as people do: doubled, joined, walked
over the keyboard, filled up with digits.

The file is a zlib stream of two lists, a blank line between them:

    words    short ones, which the rule about padding, repetition and letters written as digits looks for
    entries  at least 15 characters as people type them, compared as a whole

Both hold lower-case letters and digits only, as `domain::password::folded` writes them.

    scripts/common-passwords.py            writes the file
    scripts/common-passwords.py --check    says whether the file is what this script makes
"""

import pathlib
import sys
import unicodedata
import zlib

FILE = pathlib.Path(__file__).resolve().parent.parent / "api" / "data" / "common-passwords.zz"
SHORTEST = 15

WORDS = """
password passwort passe motdepasse mdp secret admin administrator administrateur root user utilisateur login guest
welcome bienvenue default changeme changemoi letmein access master super superman batman spiderman hello bonjour salut
coucou test testing essai demo temp temporary pass passw0rd sesame opensesame connect connexion entrer ouvrir
love iloveyou jetaime amour loveyou lovely mylove monamour moncoeur coeur bisous bisou calin cherie cheri chouchou
doudou loulou louloute nounou poupee poussin minou minouche chaton caramel chocolat chocolate vanille cookie sugar honey
sweet sweetie babygirl baby bebe princess princesse prince queen king angel ange angels lucky happy heureux sunshine
soleil lune etoile star stars rainbow flower fleur rose violette marguerite jasmine papillon butterfly summer winter
spring autumn printemps automne hiver january february march april june july august september october november december
janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre monday tuesday wednesday thursday friday
saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche dragon monkey tiger tigre lion panda kitty kitten
chat chien dog doggy puppy horse cheval lapin rabbit bunny eagle aigle falcon hunter wolf loup bear ours dolphin dauphin
shark requin snake serpent spider bird oiseau coco kiki titi toto tata tonton papa maman mama daddy mommy mother father
brother sister famille family enfant friend friends ami amie copain football soccer rugby tennis baseball basketball
hockey golf judo karate danse dance music musique guitar guitare piano rock metal punk jazz starwars pokemon pikachu
naruto minecraft fortnite gamer gaming game player nintendo mario zelda sonic matrix avatar hobbit gandalf frodo harry
potter harrypotter hogwarts disney mickey minnie snoopy garfield simba nemo shadow ghost phoenix ninja pirate viking
knight wizard magic magique mystic cowboy ranger soldier killer hacker cyber internet computer ordinateur laptop windows
microsoft apple google facebook youtube instagram amazon netflix android iphone samsung linux ubuntu debian oracle cisco
server serveur cloud hosting domain domaine website network reseau router wifi freebox livebox orange bouygues michael
jordan jennifer jessica ashley amanda nicole daniel david robert thomas william james john joseph andrew anthony joshua
matthew charlie george oliver jack harley maggie buster bailey ginger pepper molly sophie bella max rocky duke nicolas
nathalie isabelle christine catherine francoise monique sylvie valerie veronique sandrine stephanie celine caroline
camille chloe emma lea manon laura julie marie anne marion pauline mathilde clement antoine alexandre maxime julien
kevin romain guillaume vincent sebastien philippe pierre paul jacques jean michel alain bernard patrick laurent olivier
eric thierry pascal christophe frederic francois benjamin jeremy anthony quentin lucas hugo louis gabriel raphael arthur
adam nathan enzo theo france paris marseille lyon toulouse bordeaux nantes lille strasbourg rennes bretagne corse
normandie alsace provence london england newyork chicago boston texas california america canada montreal quebec
berlin germany italia italy spain madrid barcelona liverpool arsenal chelsea manchester juventus monaco psg ferrari
porsche mercedes bmw audi renault peugeot citroen mustang corvette yamaha suzuki honda toyota diamond silver gold
golden platinum purple yellow green black white blue red rouge bleu vert jaune noir blanc violet cherry banana orange
strawberry fraise cerise pomme banane apple pizza cheese fromage coffee cafe beer whisky vodka ricard pastis champagne
freedom liberte egalite fraternite victory victoire power powerful strong peace paix jesus christ jesuschrist god
heaven church faith hope espoir grace bible blessed amen trustno1 whatever nothing something everything forever
always never toujours jamais money argent euro dollar million business company entreprise bureau office work travail
job boss manager director directeur finance compta comptabilite paypal bank banque mastercard client customer account
compte service support contact info email mail gmail hotmail yahoo outlook azerty qwerty qwertz qwertyuiop azertyuiop
asdfgh asdfghjkl zxcvbn zxcvbnm qsdfgh wxcvbn qazwsx abc abcd abcdef abcabc azer qwer asdf zaq1 1q2w3e 1q2w3e4r
1qaz2wsx q1w2e3r4 a1z2e3r4 aqwzsx 123 1234 12345 123456 1234567 12345678 123456789 1234567890 654321 987654321 111111
000000 222222 555555 666666 777777 888888 999999 112233 121212 123123 123321 159753 147258 147258369 789456 456789
696969 007 007bond jamesbond abc123 a123456 password1 pass123 admin123 root123 test123 welcome1 azerty123 qwerty123
zxcvbnm123 p4ssword passpass sécurité security securite
"""

# what is joined with each other: the likeliest
HEADS = """
password motdepasse azerty qwerty admin welcome bienvenue bonjour soleil iloveyou jetaime doudou chouchou dragon
monkey football princess princesse sunshine master superman batman letmein secret hello loulou coucou marseille
chocolat caramel nicolas camille shadow michael charlie pokemon starwars freedom changeme whatever computer internet
""".split()

TAILS = """
1 12 123 1234 12345 123456 1234567 12345678 123456789 1234567890 0123456789 321 4321 54321 654321 987654321 0000 00000
000000 00000000 111 1111 11111 111111 111111111 123123 123321 112233 007 2020 2021 2022 2023 2024 2025 2026 2027 1990
1980 2000 69 75 13 59 abc abcd abcdef azerty qwerty azertyuiop qwertyuiop admin password motdepasse secret
""".split()

PHRASES = """
to be or not to be|to be or not to be that is the question|may the force be with you|i love you so much
i love you forever|i will always love you|i love my family|i love my mom and dad|i love my dog|i love my cat
i love football|i love chocolate|i love jesus christ|jesus is my savior|jesus loves me this i know|god is love and light
in god we trust|god bless america|the lord is my shepherd|our father who art in heaven|hail mary full of grace
amazing grace how sweet the sound|let me in please|let me in right now|open the door please|please let me in
this is my password|this is a password|this is not a password|my password is password|my password is secret
my new password|my super secret password|the password is password|password password password|enter your password
please change me|please change this password|change me immediately|i forgot my password|forgot my password again
correct horse battery staple|correcthorsebatterystaple1|the quick brown fox|the quick brown fox jumps over the lazy dog
quick brown fox jumps|lorem ipsum dolor sit amet|lorem ipsum dolor|hello world hello world|hello world program
once upon a time|happily ever after|twinkle twinkle little star|mary had a little lamb|happy birthday to you
merry christmas|merry christmas and a happy new year|we wish you a merry christmas|jingle bells jingle bells
happy new year everyone|stairway to heaven|highway to hell|bohemian rhapsody|smells like teen spirit|hotel california
sweet home alabama|we are the champions|we will rock you|another brick in the wall|dark side of the moon
come as you are|nothing else matters|livin on a prayer|born in the usa|purple rain purple rain|let it be let it be
yellow submarine|i want to hold your hand|here comes the sun|all you need is love|stayin alive stayin alive
dont worry be happy|what doesnt kill you makes you stronger|carpe diem carpe diem|live laugh love forever
live long and prosper|winter is coming|you shall not pass|one ring to rule them all|lord of the rings
the lord of the rings|game of thrones|valar morghulis|the walking dead|breaking bad heisenberg|star wars episode
star trek enterprise|luke i am your father|i am your father|use the force luke|harry potter and the philosophers stone
harry potter and the chamber of secrets|expecto patronum|avada kedavra|wingardium leviosa|i solemnly swear
the matrix has you|there is no spoon|follow the white rabbit|houston we have a problem|hasta la vista baby
elementary my dear watson|my name is bond james bond|the name is bond|frankly my dear i dont give a damn
heres looking at you kid|life is like a box of chocolates|run forrest run|say hello to my little friend
to infinity and beyond|hakuna matata hakuna matata|supercalifragilisticexpialidocious|the cake is a lie
never gonna give you up|all your base are belong to us|trust no one trust no one|knowledge is power
practice makes perfect|time is money time is money|better late than never|actions speak louder than words
an apple a day keeps the doctor away|the early bird catches the worm|home sweet home|there is no place like home
a penny saved is a penny earned|when in rome do as the romans do|the pen is mightier than the sword
you only live once|live free or die|don't tread on me|freedom freedom freedom|united we stand
make america great again|i have a dream today|yes we can yes we can|four score and seven years ago
we the people of the united states|life liberty and the pursuit of happiness|one nation under god
manchester united|liverpool football club|you'll never walk alone|real madrid club|fc barcelona forever
ici c'est paris|allez l'om allez l'om|droit au but olympique|paris saint germain|olympique de marseille
olympique lyonnais|allez les bleus|allez les verts|vive la france|liberté égalité fraternité|allons enfants de la patrie
le jour de gloire est arrivé|aux armes citoyens|marchons marchons|république française|la tour eiffel
mot de passe|mon mot de passe|mon mot de passe secret|ceci est un mot de passe|ceci est mon mot de passe
nouveau mot de passe|mot de passe oublié|j'ai oublié mon mot de passe|changez le mot de passe|le mot de passe est
mot de passe mot de passe|motdepassesecurise|bonjour tout le monde|bonjour bonjour bonjour|je suis le meilleur
je suis charlie|je suis content|je suis heureuse|je suis moi même|je pense donc je suis|je t'aime mon amour
je t'aime pour toujours|je t'aime de tout mon coeur|je t'aime je t'aime|je vous aime tous|mon amour pour toujours
amour pour la vie|pour la vie entière|toi et moi pour la vie|ma petite princesse|mon petit coeur|mon petit chat
mon chien s'appelle|mon chat s'appelle|maman je t'aime|papa et maman|j'aime ma famille|ma famille d'abord
j'aime le chocolat|j'aime le football|vive les vacances|bonne année à tous|joyeux noël|joyeux anniversaire
petit papa noël|au clair de la lune|au clair de la lune mon ami pierrot|frère jacques|frère jacques dormez vous
sur le pont d'avignon|alouette gentille alouette|une souris verte|une souris verte qui courait dans l'herbe
il était une fois|il était un petit navire|ne me quitte pas|non je ne regrette rien|la vie en rose|la mer qu'on voit danser
les feuilles mortes|à la claire fontaine|savez vous planter les choux|meunier tu dors|promenons nous dans les bois
sésame ouvre toi|qui vivra verra|mieux vaut tard que jamais|l'habit ne fait pas le moine|pierre qui roule n'amasse pas mousse
rien ne sert de courir|la cigale ayant chanté tout l'été|maître corbeau sur un arbre perché|le corbeau et le renard
le petit prince|dessine moi un mouton|les misérables|notre dame de paris|le comte de monte cristo
que la force soit avec toi|l'hiver vient|vous ne passerez pas|un anneau pour les gouverner tous|le seigneur des anneaux
notre père qui es aux cieux|je vous salue marie pleine de grâce|dieu est amour|jésus est mon sauveur|gloire à dieu
tous pour un un pour tous|un pour tous tous pour un|la nuit porte conseil|petit à petit l'oiseau fait son nid
impossible n'est pas français|vouloir c'est pouvoir|c'est la vie c'est la vie|qwerty keyboard layout
administrator password|administrateur système|super administrateur|admin admin admin|root root root root|test test test test
user user user user|guest guest guest|default password|welcome to the jungle|welcome to my world|welcome home everyone
company password|company name 2024|summer holidays|summer vacation|winter wonderland|spring has sprung
customer account|mon compte client|espace client|service client|hébergement web|nom de domaine|serveur dédié
cloud computing|internet explorer|google chrome|mozilla firefox|microsoft windows|windows server|apple macintosh
call of duty modern warfare|call of duty black ops|grand theft auto|grand theft auto san andreas|world of warcraft
league of legends|counter strike global|assassins creed|super mario bros|super mario world|legend of zelda
pokemon go pokemon go|gotta catch em all|minecraft minecraft|fortnite battle royale|dragon ball z dragon ball
son goku super saiyan|one piece monkey d luffy|naruto uzumaki|sasuke uchiha naruto|attack on titan|michael jackson
lady gaga born this way|justin bieber|taylor swift forever|ariana grande|selena gomez|rihanna umbrella|johnny hallyday
celine dion titanic|cristiano ronaldo|lionel messi barcelona|zinedine zidane|kylian mbappe|neymar junior|lewis hamilton
michael schumacher|leonardo dicaprio|brad pitt angelina|marilyn monroe|napoleon bonaparte|jeanne d'arc|louis quatorze
charles de gaulle|abraham lincoln|george washington|martin luther king|nelson mandela|albert einstein|isaac newton
leonardo da vinci|mickey mouse club|donald duck duck|bugs bunny looney|scooby dooby doo|sponge bob square pants
the simpsons homer|homer jay simpson|bart simpson|peter griffin|rick and morty|stranger things|the big bang theory
how i met your mother|friends central perk|the office dunder mifflin|grey's anatomy|prison break michael|sons of anarchy
peaky blinders|la casa de papel|plus belle la vie|fort boyard|koh lanta|twenty twenty four|one two three four five
un deux trois quatre cinq|one two three four|first second third|alpha bravo charlie|alpha bravo charlie delta
abcdefghijklmno|monday tuesday wednesday|lundi mardi mercredi|january february|janvier février mars|red orange yellow green blue
bleu blanc rouge|red white and blue|rouge vert bleu jaune|north south east west|nord sud est ouest|earth wind fire water
sunshine and rainbows|sugar and spice|salt and pepper shakers|bacon and eggs|peanut butter jelly|peanut butter and jelly
chocolate chip cookie|chocolate ice cream|vanilla ice cream|strawberry fields forever|banana banana banana|crème brûlée
pain au chocolat|baguette fromage|saucisson pinard|i like big butts|i am the best|i am the one|i am the king
i am batman i am batman|im the king of the world|nobody knows my name|what is your name|who let the dogs out
how are you today|have a nice day|good morning vietnam|good morning sunshine|good night sweet dreams|sweet dreams are made
of this|time after time|forever and ever|forever and always|always and forever|best friends forever|together forever
never give up|never say never|never stop dreaming|follow your dreams|dream big dream big|believe in yourself
keep calm and carry on|stay hungry stay foolish|just do it just do it|work hard play hard|no pain no gain no pain
money money money|show me the money|cash is king cash|get rich or die tryin|thug life thug life|hello kitty hello kitty
barbie girl barbie world|my little pony|my little princess|daddys little girl|mommys little boy|baby girl baby girl
i love my husband|i love my wife|i love my kids|i love my mother|i love my boyfriend|i love my girlfriend|i miss you so much
"""

ROWS = [
    "1234567890", "0987654321", "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertzuiop",
    "yxcvbnm", "abcdefghijklmnopqrstuvwxyz", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1aqw2zsx3edc4rfv5tgb6yhn", "zaq12wsxcde34rfv",
    "qazwsxedcrfvtgbyhnujm", "aqwzsxedcrfvtgbyhnuj", "q1w2e3r4t5y6u7i8o9p0", "1q2w3e4r5t6y7u8i9o0p", "a1z2e3r4t5y6u7i8o9p0",
    "1a2z3e4r5t6y7u8i9o0p", "147258369", "789456123", "741852963", "963852741", "159357", "123654789", "a1b2c3d4e5f6g7h8i9",
    "1a2b3c4d5e6f7g8h9i", "aabbccddeeffgghhii", "112233445566778899",
]


def folded(text):
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def walks():
    """What fingers do on a keyboard: rows, there and back, one after the other, begun anywhere."""
    for row in ROWS:
        for way in (row, row[::-1]):
            yield way * 3
            for start in range(len(way)):
                yield (way[start:] + way[:start]) * 2
            for length in range(3, len(way) + 1):
                for times in range(2, 7):
                    yield way[:length] * times
        yield row + row[::-1]
    letters = [row for row in ROWS if row.isalpha()]
    for first in letters:
        for second in letters + ["1234567890", "123456789", "12345678", "1234567", "123456", "12345"]:
            for cut in (4, 5, 6, 8, 10):
                yield first[:cut] + second
                yield second + first[:cut]
                yield first[:cut] + second[:cut] + first[:cut]


def joined(words):
    for word in words:
        for times in range(2, 6):
            yield word * times
        if word not in HEADS:
            continue
        for tail in TAILS:
            yield word + tail
            yield tail + word
            yield word + tail + word
            yield word + word + tail
    for first in HEADS:
        for second in HEADS:
            yield first + second
            for tail in ("1", "123", "1234", "2024", "2025", "2026"):
                yield first + second + tail


def phrases():
    for phrase in PHRASES.replace("\n", "|").split("|"):
        if len(phrase) >= SHORTEST:
            yield folded(phrase)
            for tail in ("1", "123", "2024", "2025", "2026"):
                yield folded(phrase) + tail


def made():
    words = sorted({folded(word) for word in WORDS.split()})
    entries = {*walks(), *joined(words), *(digit * times for digit in "0123456789az" for times in (15, 16, 18, 20))}
    entries = {entry for entry in entries if SHORTEST <= len(entry) <= 48}
    # as they are typed, with their spaces, these are long enough too
    entries = sorted(entries | set(phrases()))
    text = "\n".join(words) + "\n\n" + "\n".join(entries) + "\n"
    return words, entries, zlib.compress(text.encode("ascii"), 9)


def main():
    words, entries, stream = made()
    if "--check" in sys.argv[1:]:
        if not FILE.is_file() or zlib.decompress(FILE.read_bytes()) != zlib.decompress(stream):
            print(f"{FILE.name} is not what this script makes: run scripts/common-passwords.py", file=sys.stderr)
            return 1
        return 0
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(stream)
    print(f"{len(words)} words, {len(entries)} entries, {sum(len(entry) >= SHORTEST for entry in entries)} of {SHORTEST} characters or more, {len(stream)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
