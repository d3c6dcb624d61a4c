"""What single English words can be: given names and surnames of many countries, ordinary words, places.

Names come from the lists of the ``faker`` package (MIT), some 60,000 in Latin letters from over 60 countries, and a
supplement for countries it has in their own script only. They are evidence, never proof: Mark, Rose, Will and Paris are
among them.
"""

from __future__ import annotations

import hashlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from typing import NamedTuple

from pseudonymize.names import english_model, english_words
from pseudonymize.names.english_words import NATIONS, NOT_NAMES, PLACES, TITLES, fold

# Countries faker knows in their own script only; common names in the usual Latin spelling.
_GIVEN = (
    "wei jing li fang min jun xin yan hui ling mei hong yong jie tao chao ming bin hao yu xiao lei qiang peng ying na jian hua"
    " guang zhong cheng bo kai rui zhi yi lin ting shan xiu juan ping dong feng guo jianguo xiaoming xiuying haoran zihan yuxuan"
    " minho minji jihoon jiwoo seojun seoyeon hyun sung jin soo young hee kyung eun hye jae dong hwan woo seung yeon minjun jimin"
    " sakura haruto yuto sota yui hina aoi ren hiroshi takeshi kenji satoshi akira yuki naoko keiko yoko haruki kazuo yoshiko"
    " mohammed mohamed muhammad mohammad ahmed ahmad ali hassan hussein hasan omar umar youssef yusuf ibrahim khalid abdullah"
    " abdul abdulrahman mustafa mahmoud tariq karim samir nabil rashid saeed salim faisal hamza bilal zaid fatima aisha maryam"
    " zainab khadija noor nour leila layla yasmin amina salma huda rania hana mariam samira farah dina reem sara"
    " arjun rahul rohan raj rajesh suresh ramesh amit anil sanjay vijay ravi sunil deepak vikram aditya ankit nikhil priya anjali"
    " pooja neha sunita kavita divya lakshmi meera asha rekha shreya ananya isha kiran arun ashok manoj krishna ganesh venkat"
    " dmitry dmitri alexei sergei ivan vladimir mikhail nikolai andrei boris igor oleg pavel yuri viktor anatoly konstantin"
    " natasha natalia svetlana olga tatiana irina elena galina ludmila anastasia ekaterina oksana yulia vasyl mykola oleksandr"
    " volodymyr andriy taras bohdan iryna giorgos georgios dimitris nikos kostas yannis eleni katerina vasiliki panagiotis"
    " somchai somsak apinya malee niran chai suda nguyen minh anh linh thanh hoang tuan huong thi hung dung quang thao trang hoa"
    " kwame kofi ama abena yaa kwasi oluwaseun chinedu emeka ngozi chioma ifeanyi adaeze olumide tunde folake chukwuemeka obinna"
    " wanjiru kamau njoroge otieno achieng wambui tendai farai tatenda sipho thabo lerato nomsa themba amadou mamadou ousmane"
    " fatou awa ibrahima cheikh tesfaye abebe haile selam yohannes avi moshe yosef shlomo noam yael tamar rivka shira eitan"
    " reza mehdi hossein amir shirin parisa nasrin darius cyrus farhad bahram azadeh aziz timur bakyt nursultan aigul dinara"
    # Short forms.
    " bob bobby rob robbie bill billy will willy liz lizzy beth betty betsy kate katie kathy cathy cindy sue susie jim jimmy jimbo"
    " tom tommy tim timmy dan danny dave davey mike mikey mick micky nick nicky chris christy matt matty ben benny sam sammy"
    " joe joey jo josie tony toni andy drew alex lex max maxie steve stevie pete petey greg gregg jeff geoff ken kenny ron ronnie"
    " don donnie ray roy ted teddy ed eddie ned fred freddie frank frankie charlie chuck harry hank larry lenny leo lou louie"
    " manny marty maggie meg peggy molly polly patty patsy pam penny rosie sally sandy shelly stacy tina trudy val vicky wendy"
    " abby addie allie angie annie becky bella carrie cassie connie debbie deb dolly dot ellie emmy evie fran gabby gail ginny"
    " gina hattie izzy jackie jan janie jenny jen jess jessie jill judy julie kim kimmy lena libby lily lindsey lottie lucy mandy"
    " mindy minnie nan nancy nell nettie nora"
)
_SURNAMES = (
    "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao lin luo zheng liang xie song tang deng han feng"
    " cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren shen yao lu fu zhong cui tan liao fan"
    " wong chan cheung lam leung ng lau ho kwok yeung tsang chow yip tam tsai hsu hsieh chang chiu"
    " kim lee park choi jung jeong kang cho jo yoon yun jang chang lim im han oh seo shin kwon hwang ahn an song ryu yoo hong jeon"
    " ko go moon son bae baek heo nam sim noh roh ha joo ku koo min cha woo"
    " sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato yoshida yamada sasaki yamaguchi matsumoto inoue"
    " kimura hayashi shimizu saito mori ikeda hashimoto ishikawa ogawa okada hasegawa fujita goto kondo ishii sakamoto endo aoki"
    " nguyen tran le pham hoang phan vu vo dang bui do ho ngo duong ly trinh dinh"
    " singh kumar sharma patel gupta shah khan reddy rao nair menon iyer pillai das roy sen bose ghosh banerjee mukherjee"
    " chatterjee verma mishra pandey joshi desai mehta jain agarwal malhotra kapoor chopra gill sandhu sidhu kaur qureshi siddiqui"
    " malik ahmed hussain butt chaudhry sheikh rahman islam hossain begum akhtar perera fernando silva"
    " hassan hussein ibrahim mansour haddad khoury saleh salem nasser farouk mustafa hosseini ahmadi mohammadi karimi rezaei"
    " ivanov ivanova petrov petrova smirnov smirnova kuznetsov volkov sokolov popov lebedev kozlov novikov morozov pavlov"
    " shevchenko kovalenko bondarenko tkachenko kravchenko papadopoulos nikolaidis georgiou ioannou"
    " okafor okonkwo adeyemi adebayo ogunleye balogun nwosu eze obi okoro abubakar bello mensah owusu boateng asante osei appiah"
    " mwangi kamau odhiambo ochieng mutua kariuki dlamini nkosi ndlovu zulu khumalo mokoena molefe diallo traore keita coulibaly"
    " ndiaye diop sow ba camara cohen levy mizrahi peretz biton friedman katz shapiro"
)
_SHORTEST = 2
_DESPITE = frozenset({"will", "may"})
"""Function words that are names, too."""
_CELTIC = re.compile("o'[a-z]{3}|mac[a-z]{4}|mc[a-z]{3}|fitz[a-z]{4}")
_CONTRACTED = re.compile("^i'[a-z]{1,2}$|n't$|'(?:ll|ve|re|d|m)$|^c'mon$|^o'clock$")
_LATIN_WORD = re.compile("(?<![^\\W_])[a-z]+(?![^\\W_])")
_LATIN_ENDS = "\u0250"
_KNOWN_ENGLISH = ("en_US", "en_GB")


class Names(NamedTuple):
    """Folded names.

    Attributes:
        given: Given names.
        surnames: Surnames.
        doubtful: On the list of one country only, and an English noun as well: Topic, Kant, Street.
    """

    given: frozenset[str]
    surnames: frozenset[str]
    doubtful: frozenset[str]


@lru_cache(maxsize=1)
def names() -> Names:
    """Both lists; a third of a second at first use.

    A name that is also an English verb, adjective, adverb or function word is kept when two countries have it (Mark, Rose)
    and left out when only one has (Drop, Soon): there it is likelier the word.
    """
    given, surnames = _from_faker()
    words = english_model.words()
    verbal = words["verb"] | words["adj"] | words["adv"] | words["stop"]
    never = (words["stop"] - _DESPITE) | NOT_NAMES | NATIONS
    rare = {name for name, countries in (given + surnames).items() if countries == 1}
    kept = []
    for listed, own in ((given, _GIVEN), (surnames, _SURNAMES)):
        likely = {name for name in listed if len(name) > _SHORTEST and not (name in rare and name in verbal)}
        kept.append((likely - (rare & words["noun"]) | set(own.split())) - never)
    doubtful = ((rare & words["noun"]) - verbal - never) - kept[0] - kept[1]
    return Names(frozenset(kept[0]), frozenset(kept[1]), frozenset(doubtful))


def _from_faker() -> tuple[Counter[str], Counter[str]]:
    """Names with the number of country lists they are in."""
    import faker.providers.person as providers

    given: Counter[str] = Counter()
    surnames: Counter[str] = Counter()
    for module in pkgutil.iter_modules(providers.__path__):
        provider = import_module(f"{providers.__name__}.{module.name}").Provider
        weight = 2 if module.name in _KNOWN_ENGLISH else 1
        for kind, into in (("first", given), ("last", surnames)):
            for name in _listed(provider, kind):
                into[name] += weight
    return given, surnames


def _listed(provider: type, kind: str) -> set[str]:
    """The words of all lists of a provider whose name says given or last names, folded."""
    listed: list[str] = []
    for attribute in dir(provider):
        if kind in attribute and not attribute.startswith("_") and "format" not in attribute:
            value = getattr(provider, attribute)
            if isinstance(value, Iterable):
                listed += [name for name in value if isinstance(name, str) and name[:1] < _LATIN_ENDS]
    return set(_LATIN_WORD.findall(fold("\n".join(listed)).replace("'", "")))


@lru_cache(maxsize=1)
def places() -> frozenset[str]:
    """Words of countries, US states and large cities."""
    from faker.providers.address import Provider
    from faker.providers.address.en_US import Provider as American

    parts = {
        fold(part) for name in (*Provider.countries, *American.states) for part in name.split() if len(part) > 3
    }
    linking = {
        "islands",
        "republic",
        "united",
        "states",
        "democratic",
        "people's",
        "saint",
        "island",
        "and",
        "south",
        "north",
    }
    return frozenset((parts - linking) | PLACES)


def given(word: str) -> bool:
    """Whether a folded word, or each half of a hyphenated one, is a given name."""
    return all(part in names().given for part in word.replace("'", "").split("-"))


@lru_cache(maxsize=65536)
def surname(word: str) -> bool:
    """Whether a folded word is a surname; O'..., Mc... and double names are known by their form."""
    bare = word.replace("'", "")
    if _CELTIC.match(word) and not ordinary(bare):
        return True
    return all(part in names().surnames for part in bare.split("-"))


@lru_cache(maxsize=65536)
def ordinary(word: str) -> bool:
    """Whether a folded word is one of the language and no name: card, moved, wisdom; not mark, paris, xyqz."""
    words, known = english_model.words(), names()
    if _CONTRACTED.search(word):
        return True
    if word.startswith("o'") or word in known.given or word in known.surnames or word in known.doubtful:
        return False
    if word in NOT_NAMES or word in TITLES:
        return True
    if word in places():
        return False
    return any(base in words[kind] for base in bases(word) for kind in words)


@lru_cache(maxsize=65536)
def wordlike(word: str) -> bool:
    """Whether a folded word is a verb, adjective, adverb or function word, name or not: mark, brown, will."""
    words = english_model.words()
    return any(word in words[kind] for kind in ("verb", "adj", "adv", "stop"))


def noun(word: str) -> bool:
    """Whether a folded word is an English noun and no place: story, wells."""
    return word in english_model.words()["noun"] and word not in places()


def bases(word: str) -> list[str]:
    """The word and what it may be a regular form of, likeliest first."""
    found = [word]
    stem = word.removesuffix("'s").removesuffix("'")
    if stem != word:
        found.append(stem)
    for ending, replacements in (
        ("ies", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ied", ("y",)), ("ed", ("", "e")), ("ing", ("", "e")),
        ("ly", ("",)), ("iest", ("y",)), ("est", ("", "e")), ("ier", ("y",)), ("er", ("", "e")),
    ):  # fmt: skip
        if word.endswith(ending) and len(word) > len(ending) + 2:
            root = word[: -len(ending)]
            found.extend(root + replacement for replacement in replacements)
            if root[-1] == root[-2] and ending in ("ed", "ing", "er", "est"):
                found.append(root[:-1])
    return found


def identity() -> dict[str, str]:
    """The lists by digest, for the model digest."""
    known = names()
    closed = (words for _, words in sorted(vars(english_words).items()) if isinstance(words, frozenset))
    listing = "\n".join(" ".join(sorted(part)) for part in (*known, places(), *closed))
    return {"faker": version("faker"), "lists": hashlib.sha256(listing.encode()).hexdigest()}
