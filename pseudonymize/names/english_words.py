"""Closed lists of English words around names: titles, places, roles, what organisations and streets are called.

Compiled by hand from general knowledge of the language; lower case, folded as :func:`fold` does.
"""

from __future__ import annotations

import unicodedata


def fold(word: str) -> str:
    """Lower case without accents, as the word lists are spelt (José > jose)."""
    plain = word.casefold()
    if not plain.isascii():
        plain = "".join(char for char in unicodedata.normalize("NFD", plain) if not unicodedata.combining(char))
    return plain.replace("’", "'")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TITLES = _set(
    "mr mrs ms miss mx dr prof professor sir madam madame lord lady dame rev reverend fr father sister hon judge justice"
    " capt captain lt lieutenant sgt sergeant col colonel maj major gen general cpl detective inspector officer constable"
    " senator sen governor gov congressman congresswoman mayor president chancellor rabbi imam pastor bishop cardinal"
    " archbishop sheikh doctor nurse coach uncle aunt auntie grandpa grandma herr frau monsieur mme mlle senor senora"
    " signor signora"
)
# A title that is also a first name, a surname or an ordinary verb needs its full stop or a name behind it.
PLAIN_TITLES = _set("mr mrs ms miss mx dr prof professor sir madam madame herr frau monsieur mme mlle senor senora")
SUFFIXES = _set("jr sr ii iii iv phd md esq mba cpa dds dvm jd rn bsc msc obe mbe cbe qc kc v")
PARTICLES = _set(
    "de la le van der den von zu zur af av bin ibn bint binti al el da das do dos di du del della lo ter ten san st y e abu ul ur"
)

PLACES = _set(
    "africa america asia europe antarctica oceania england scotland wales britain uk usa us holland paris london berlin madrid"
    " rome milan naples turin venice vienna zurich geneva brussels amsterdam rotterdam copenhagen stockholm gothenburg oslo"
    " helsinki warsaw krakow prague budapest bucharest sofia athens istanbul ankara izmir moscow kyiv kiev minsk riga vilnius"
    " tallinn dublin cork belfast edinburgh glasgow cardiff manchester liverpool birmingham leeds sheffield bristol nottingham"
    " leicester oxford cambridge brighton york bath plymouth southampton portsmouth newcastle lisbon porto barcelona seville"
    " valencia munich hamburg frankfurt cologne stuttgart dusseldorf dresden leipzig hannover nuremberg lyon marseille nice"
    " toulouse bordeaux strasbourg boston chicago houston dallas austin seattle portland denver phoenix philadelphia"
    " pittsburgh detroit cleveland columbus cincinnati indianapolis milwaukee minneapolis memphis nashville atlanta miami tampa"
    " orlando charlotte raleigh baltimore washington sacramento oakland hollywood brooklyn manhattan queens bronx harlem"
    " honolulu anchorage albuquerque tucson tulsa omaha wichita buffalo rochester syracuse albany toronto montreal vancouver"
    " ottawa calgary edmonton winnipeg quebec halifax sydney melbourne brisbane perth adelaide canberra hobart darwin auckland"
    " wellington christchurch tokyo osaka kyoto nagoya sapporo fukuoka yokohama seoul busan incheon daegu daejeon gwangju ulsan"
    " sejong pyongyang beijing shanghai guangzhou shenzhen wuhan chengdu tianjin nanjing taipei macau singapore bangkok hanoi"
    " saigon jakarta manila kuala lumpur delhi mumbai bombay bangalore bengaluru chennai kolkata calcutta hyderabad pune"
    " ahmedabad karachi lahore islamabad dhaka colombo kathmandu kabul tehran baghdad damascus beirut jerusalem amman riyadh"
    " jeddah mecca medina dubai doha cairo alexandria tripoli tunis algiers casablanca rabat marrakesh lagos abuja ibadan accra"
    " dakar nairobi mombasa kampala kigali addis ababa khartoum kinshasa lusaka harare johannesburg pretoria durban havana"
    " kingston bogota caracas quito lima santiago montevideo asuncion brasilia rio paulo janeiro salvador fortaleza mexico"
    " guadalajara monterrey tijuana cancun lincoln madison jackson florence montgomery augusta savannah richmond trenton"
    " princeton stanford berkeley vegas hampshire jersey carolina dakota virginia moon mars earth aires buenos gangnam jeju"
    " kosovo palestine scandinavia balkans siberia tibet kashmir crimea bavaria tuscany catalonia brittany normandy provence"
    " cornwall devon essex kent sussex surrey norfolk suffolk yorkshire lancashire midlands wroclaw gdansk poznan ljubljana"
    " zagreb belgrade sarajevo skopje tirana luxembourg antwerp ghent bruges salzburg bern basel lausanne monaco"
)
NATIONS = _set(
    "american british english scottish welsh irish french german spanish italian portuguese dutch belgian swiss austrian"
    " swedish norwegian danish finnish icelandic polish czech slovak hungarian romanian bulgarian greek turkish russian ukrainian"
    " serbian croatian bosnian albanian estonian latvian lithuanian canadian mexican brazilian argentine argentinian chilean"
    " peruvian colombian venezuelan cuban jamaican haitian chinese japanese korean vietnamese thai indonesian malaysian filipino"
    " indian pakistani bangladeshi nepalese afghan iranian iraqi syrian lebanese israeli palestinian jordanian saudi arab arabic"
    " egyptian moroccan algerian tunisian libyan ethiopian kenyan nigerian ghanaian ugandan somali sudanese african asian european"
    " australian zealander hispanic latino caucasian jewish muslim christian catholic protestant buddhist hindu sikh"
    " frenchman frenchwoman englishman englishwoman irishman irishwoman dutchman dutchwoman scotsman welshman spaniard pole dane"
    " swede finn turk frenchmen englishmen irishmen dutchmen"
)
CALENDAR = _set(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept"
    " oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
    " christmas easter thanksgiving halloween ramadan diwali hanukkah spring summer autumn winter"
)
ORGANISATION_ENDS = _set(
    "inc ltd llc llp plc corp corporation co company companies group holdings gmbh ag sa nv bv ab oy kk sons partners associates"
    " bros brothers bank university college school institute academy hospital clinic foundation association society council"
    " committee commission department ministry agency bureau authority union federation league club team fc orchestra band"
    " church cathedral mosque temple museum gallery library theatre theater studios records pictures entertainment media news"
    " times post press magazine journal radio tv channel network systems software technologies technology solutions services"
    " labs laboratories pharmaceuticals electronics motors airlines airways energy insurance financial capital securities"
    " investments consulting logistics industries enterprises international trust fund party army navy force police court parliament"
    " senate congress house office center centre store shop restaurant hotel cafe bar pub motel supermarket airport station"
    " cathedral stadium arena hall palace castle tower act award prize cup prix open bowl festival novel project program"
    " programme initiative conference summit edition series collection"
)
COMPANY_FORMS = _set(
    "inc ltd llc llp plc corp corporation co company companies gmbh ag holdings group partners associates bank university college"
    " hospital institute ministry agency department council committee foundation association society academy club orchestra airlines"
    " airways pharmaceuticals technologies systems industries enterprises logistics insurance records"
)
"""What only organisations end in."""
STREET_ENDS = _set(
    "street st avenue ave boulevard blvd road rd drive dr lane ln court ct circle cir place pl square sq terrace ter parkway"
    " pkwy highway hwy way trail trl alley aly expressway expy freeway fwy plaza plz crescent cres close grove gardens mews row"
    " walk hill park heights view pike turnpike tpke loop crossing xing bypass causeway route cove bend branch bridge brook brooks"
    " burg burgs canyon cape centers center cliff cliffs club common corner corners course courts creek crest crossroad curve dale"
    " dam divide estate estates extension extensions fall falls ferry field fields flat flats ford fords forest forge forges fork"
    " forks fort garden gateway glen glens green greens groves harbor harbors haven hills hollow inlet island islands isle junction"
    " junctions key keys knoll knolls lake lakes land landing light lights lock locks lodge mall manor manors meadow meadows mill"
    " mills mission motorway mount mountain mountains neck orchard oval overpass parks parkways pass passage path pine pines plain"
    " plains points point port ports prairie radial ramp ranch rapid rapids rest ridge ridges river roads rue run shoal shoals shore"
    " shores skyway spring springs spur spurs squares station stravenue stream streets summit throughway trace track"
    " trafficway tunnel underpass union unions valley valleys via viaduct views village villages ville vista walks wall ways well"
    " wells"
)
"""What US streets end in (USPS Publication 28, appendix C1), with British ones."""
PLACE_ENDS = _set(
    "city county state province district region island islands river lake mountain mountains beach bay valley peninsula sea ocean"
    " desert town village borough parish republic kingdom emirates coast"
)
PLACE_STARTS = _set(
    "north south east west new lake port fort mount mt saint los las san santa el northern southern eastern western"
)
TOWN_SUFFIXES = (
    "town", "ton", "land", "ville", "berg", "burgh", "borough", "bury", "view", "port", "mouth", "stad", "furt", "chester",
    "fort", "haven", "side", "shire", "burg", "field", "ford", "ham", "minster", "worth", "polis", "grad", "heim", "hausen",
)  # fmt: skip
STREET_FORMS = r"(?:rue|via|calle|avenida|rua|plaza|piazza|place|boulevard|ulica|ul\.|paseo|carrer|viale|corso|chemin|quai|camino)"
STREET_TAILS = (
    "strasse",
    "straße",
    "straat",
    "gasse",
    "weg",
    "laan",
    "platz",
    "gatan",
    "vej",
    "veien",
    "katu",
    "utca",
)

ROLES = _set(
    "producer director singer songwriter actor actress author writer poet player president minister chairman chairwoman chair"
    " friend brother sister son daughter husband wife partner mother father mom mum dad cousin nephew niece uncle aunt"
    " grandfather grandmother boyfriend girlfriend fiance fiancee colleague coworker boss manager supervisor assistant secretary"
    " commenter reviewer critic journalist reporter editor columnist host presenter judge lawyer attorney solicitor barrister"
    " notary officer detective inspector sheriff constable agent nurse patient physician surgeon dentist therapist psychologist"
    " client customer tenant landlord applicant employee employer contractor teacher student pupil professor lecturer scientist"
    " researcher engineer developer designer architect accountant coach captain driver pilot sailor soldier veteran suspect victim"
    " witness defendant plaintiff claimant guardian beneficiary neighbor neighbour roommate founder cofounder ceo cfo cto coo"
    " musician guitarist drummer bassist pianist violinist composer conductor rapper artist painter sculptor comedian star striker"
    " goalkeeper quarterback champion candidate congressman congresswoman senator governor mayor ambassador spokesman"
    " spokeswoman spokesperson analyst economist historian philosopher activist leader chief pastor priest named called"
)
"""Words for people; a capitalised word behind one names that person."""

NOT_NAMES = _set(
    "i ok hi hello hey dear thanks thank regards sincerely yours cheers please sorry yes no bot user admin re fwd cc subject"
    " from sent to date time internet web email mail phone fax mobile desk website address iban ssn atm pin id url ip"
    " god lord devil jesus christ allah buddha bible quran lego google facebook instagram twitter youtube whatsapp linkedin"
    " microsoft apple amazon netflix uber paypal visa mastercard amex windows office excel word powerpoint outlook android"
    " iphone ipad galaxy samsung lg sony nokia toyota honda hyundai kia ford tesla bmw audi mercedes volkswagen wikipedia"
    " metallica beatles zombie covid corona python java javascript linux ubuntu docker kubernetes github gitlab oracle"
    " adobe intel nvidia amd cisco ibm sap zoom slack teams chrome firefox safari edge internet ai api sql html css json xml"
    " esq ltd inc apt suite unit floor box psc apo fpo dpo usns usnv uss attn signed encl ps nb fyi asap tbd tba gmt utc am pm"
)
