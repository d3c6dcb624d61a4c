"""What the header of a column speaks for: Korean compounds end in what they are, English names hold the word."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from pseudonymize.columns.model import Kind

_UNIT = re.compile(r"[(\[（]([^)\]）]*)[)\]）]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class HeaderHint:
    """What a header says.

    Attributes:
        kind: the kind it speaks for; None when it says nothing.
        word: the part of the header that says so.
        person: the column is about a person (신청인, 피해자, patient).
        staff: about an official who handles the case.
        sensitive: about health, money, offences, beliefs (PIPA art. 23 and what people mind).
        quasi: an attribute outsiders know of a person: education, occupation, nationality.
        unit: what stands in brackets.
    """

    kind: Kind | None = None
    word: str = ""
    person: bool = False
    staff: bool = False
    sensitive: bool = False
    quasi: bool = False
    unit: str = ""


_KOREAN: tuple[tuple[Kind, str], ...] = (
    # Ends that overrule what stands before them.
    (Kind.BOOLEAN, r"(?:여부|유무|YN|yn|동의$|확인여부)$"),
    (Kind.AGE_BAND, r"(?:연령대|연령층|나이대|연령구간|연령별|연령계층|연령구분)$"),
    (Kind.EMAIL, r"(?:이메일|전자우편|전자메일|메일)(?:주소)?$|이메일"),
    (Kind.IP, r"(?:IP|ip|아이피)(?:주소)?$|접속IP"),
    (Kind.URL, r"(?:홈페이지|누리집|웹사이트|사이트|링크|URL|url)(?:주소|명)?$|인터넷주소$"),
    (Kind.DEVICE, r"(?:MAC|맥)주소$|(?:기기|단말기?)(?:번호|식별자|ID|고유번호)$|IMEI|UUID|쿠키"),
    (Kind.RRN, r"주민(?:등록)?번호|^주민번호|주민등록$|실명번호"),
    (Kind.FRN, r"외국인(?:등록)?번호|거소신고번호|국내거소"),
    (Kind.CORP, r"법인(?:등록)?번호"),
    (Kind.BRN, r"사업자(?:등록)?번호|사업장번호|사업장등록번호"),
    (Kind.LICENCE, r"(?:운전)?면허(?:증)?번호"),
    (Kind.PASSPORT, r"여권(?:번호)?$"),
    (Kind.INSURANCE, r"(?:건강)?보험(?:증|가입자)번호|건강보험증"),
    (Kind.ACCOUNT, r"계좌(?:번호)?$|통장번호|계좌$"),
    (Kind.CARD, r"(?:카드|신용카드)번호$|카드번호"),
    (Kind.VEHICLE, r"(?:차량|자동차|등록차량|차)번호(?:판)?$|자동차등록번호|차량등록번호|번호판"),
    (Kind.PHONE, r"(?:전화|연락처|휴대폰|휴대전화|핸드폰|팩스|FAX|Fax|fax|TEL|Tel|HP|H\.P|모바일|전화번호\d?|연락전화|안심번호|직통)(?:번호)?\d?$|전화번호"),
    (Kind.POSTAL, r"우편번호$|우편$"),
    (Kind.BIRTH_YEAR, r"(?:출생|(?<![발재희위학])생)(?:년도|연도|년|연)$"),
    (Kind.BIRTH, r"(?<!발)생년월일|출생일|(?<![발재희위학])생일$|출생년월|출생연월|출생$"),
    (Kind.SEX, r"성별(?:구분|명|코드)?$|남녀(?:구분)?$"),
    (Kind.AGE, r"(?:나이|연령|만나이|연세)$"),
    (Kind.COORDINATE, r"(?:위도|경도|좌표|좌표정보)[xyXY]?$|위치[XYxy](?:_?[A-Z]+)?$|[XYxy]좌표|좌표\(?[xyXY]|UTMK|위경도|[XY]UTMK"),
    (Kind.RATIO, r"(?:비율|율|률|퍼센트|백분율|점유비|구성비|비중|증감|농도비)$"),
    (Kind.DATETIME, r"(?:일시|시각|시점|타임스탬프|일자시간|년월일시)$"),
    (Kind.DATE, r"(?:일자|날짜|년월일|연월일|년월|연월|기준일|시행일|[가-힣]{1,}일)$"),
    (Kind.TIME, r"(?:시간|시간대)$"),
    (Kind.YEAR, r"(?:년도|연도|발생년|기준년|회계년|귀속년|년)$"),
    (Kind.MONTH, r"^(?:월|발생월|기준월)$"),
    (Kind.SERIAL, r"^(?:연번|순번|번호|일련번호|NO|No|no|순서|행번호|#|no\.|No\.)$|(?:일련번호|연번|순번)$"),
    (Kind.COUNT, r"(?:자수|건수|인원|명수|인원수|횟수|대수|수량|가구수|세대수|병상수|과수|개수|조회수|회수|인구수?|호수|동수|층수|일수|개월수?|연수|년수|학생수|사람수|좌석수|[가-힣]{2,}수)$"),
    (Kind.AMOUNT, r"(?:금액|액|월급|급여|연봉|임금|보수|소득|비용|요금|가격|단가|예산|매출|수입|지출|대금|보증금|보험료|세금|세액|월세|전세|집행|지원금|보조금|수당|시가|가액)$"),
    (Kind.ACCOUNT_ID, r"(?:아이디|사용자ID|회원ID|로그인ID|닉네임|별명|계정)$|^ID$|^아이디$"),
    (Kind.CODE, r"(?:코드|CODE|Code|code|부호)(?:번호|값)?$"),
    (Kind.RECORD, r"(?:접수|관리|민원|사고|신고|신청|등록|등재|허가|인허가|사건|고지|문서|증명|발급|수급|보훈|회원|고객|환자|학번|사번|직원|가입|계약|증서|처리|청원|청구|사례|상담|차트|병록|수험|자격|연구|과제|물품|식별|고유|구직등록|구인|대상자|의뢰|예약|주문|승인|영수증|공고|관리대상|제보|세대|건축물|시설|사업)[가-힣]*(?:번호|ID|id|키|KEY)$|^(?:학번|사번|군번|차트번호)$"),
    (Kind.ADDRESS, r"(?:주소|소재지|거주지|소재지전체|도로명전체|지번|본적|등록기준지|거소|사는곳|발생장소|장소|위치|소재)\d?$|^도로명$|상세주소|도로명주소|지번주소|주소지$"),
    (Kind.REGION, r"(?:시도|시군구|시도명|시군구명|읍면동|읍면동명|행정동|법정동|동명|지역|지역명|시도별|시군구별|자치구|자치구명|구명|시군|광역시도|광역시도명|관할지역|권역|행정구역|시군명|거주구|구군)$"),
    (Kind.NAME, r"(?:성명|성함|이름|민원인|신청인|신고인|신고자|청구인|피해자|가해자|보호자|담당자|담당자명|작성자|책임자|대표자|대표자명|대표|세대주|예금주|수령인|수신자|발신인|환자|학생|고객|신청자|신고자명|신청인명|신고인명|민원인명|수급자|대상자|[가-힣]+자명|[가-힣]+인명|환자명|고객명|회원명|학생명|직원명|사원명|교사명|운전자|소유자|계약자|제보자|진정인|대리인|접수자|처리자|등록자|수정자|상담원|상담사|의사명|주치의|기사명|원장명?|시설장명?|배우자|저자|강사명?|연구자|연구책임자|이장|통장|관리자|관리인)$"),
    (Kind.FREE_TEXT, r"(?:내용|비고|메모|의견|상세내용|특이사항|사유|설명|본문|답변|제목|요지|경위|개요|소견|코멘트|후기|댓글|질의|기타사항|참고사항|요청사항|조치사항|조치내용|처리내용|민원내용|상담내용|주요내용|결과내용|적요|건명|문의|글|텍스트)$"),
    (Kind.DEMOGRAPHIC, r"(?:학력|최종학력|직업|직종|국적|종교|혼인|혼인상태|결혼여부|결혼|직급|직위|계급|인종|출신지|출신국|가족수|가구원수|학교급|전공|병과|군별|체류자격|가구형태)$"),
    (Kind.ORGANISATION, r"(?:기관|기관명|부서|부서명|병원|병원명|업체명?|회사명?|법인명|단체명?|상호명?|사업장명?|업소명?|학교명?|시설명?|센터명?|측정소명?|소방서|경찰서|관서명?|본부|기업명?|은행명?|부처명?|부처|소속|소속기관|처리기관|주관기관|관할|점포명|영업소|처리부서|담당부서|측정소|역명|정류장명?|시도본부|과명|국명|기업체명|사업자명|수요기관|발주기관)$"),
    (Kind.CATEGORY, r"(?:구분|유형|종류|종별|(?<!미)분류|상태|등급|단계|형태|결과|분야|업종|업태|대분류|중분류|소분류|급수|과목|방법|용도|요일|주야|상태명|구분명|유형명|종별명|분류명|위반|정도|항목|성격|계절|날씨|기상상태|원인|경로|품목)$"),
    (Kind.MEASURE, r"(?:농도|면적|길이|높이|온도|기온|습도|강수량|속도|무게|중량|체중|신장|키|거리|점수|지수|평균|합계|총계|계|소계|만족도|풍속|용량|비거리|수위|유량|혈압|수치|값|측정값|평점|성적)$"),
    (Kind.LABEL, r"(?:명|명칭|이름|제품|상품|사업|과제명|품명|표제)$"),
)  # fmt: skip
_ENGLISH: tuple[tuple[Kind, str], ...] = (
    (Kind.EMAIL, r"\be ?mails?\b"),
    (Kind.RRN, r"\b(?:rrn|ssn|jumin(?: ?no)?|resident (?:registration )?(?:number|no|id)|social security|national id|ihidnum|rrno)\b"),
    (Kind.FRN, r"\b(?:frn|alien registration|foreigner (?:registration )?(?:number|no))\b"),
    (Kind.BRN, r"\b(?:brn|brno|bizno|biz no|business (?:registration )?(?:number|no|id)|tax id)\b"),
    (Kind.CORP, r"\b(?:corp(?:orate)? (?:reg(?:istration)? )?(?:number|no)|jurirno)\b"),
    (Kind.LICENCE, r"\b(?:driver'?s? )?licen[cs]e (?:number|no)\b|\bdriver'?s? licen[cs]e\b"),
    (Kind.PASSPORT, r"\bpassport\b"),
    (Kind.IP, r"\bip(?: ?addr(?:ess)?)?\b"),
    (Kind.URL, r"\b(?:url|link|website|homepage|web site)\b"),
    (Kind.DEVICE, r"\b(?:imei|mac(?: address)?|device id|uuid|cookie)\b"),
    (Kind.CARD, r"\b(?:credit )?card (?:number|no)\b"),
    (Kind.ACCOUNT, r"\b(?:bank )?account (?:number|no)\b|\bbank account\b|\biban\b|\bacctno\b"),
    (Kind.VEHICLE, r"\b(?:plate|licen[cs]e plate|vehicle (?:number|no)|car (?:number|no))\b"),
    (Kind.PHONE, r"\b(?:phone|tel|telephone|telno|mobile|cell|fax|hp|contact)(?: ?(?:number|no|num))?\b"),
    (Kind.POSTAL, r"\b(?:zip|zip ?code|postal(?: ?code)?|postcode)\b"),
    (Kind.BIRTH_YEAR, r"\bbirth ?year\b|\byear of birth\b|\byob\b"),
    (Kind.BIRTH, r"\bbirth(?:day|date| date| dt)?\b|\bdob\b|\bdate of birth\b|\bbrthdy\b"),
    (Kind.SEX, r"\b(?:sex|gender)\b"),
    (Kind.AGE_BAND, r"\bage ?(?:band|group|range|bracket)\b"),
    (Kind.AGE, r"\bage\b"),
    (Kind.COORDINATE, r"\b(?:lat|latitude|lon|lng|longitude|coord(?:inate)?s?|x coord|y coord|xcrd|ycrd)\b"),
    (Kind.RATIO, r"\b(?:ratio|rate|percent|pct|share|percentage)\b"),
    (Kind.BOOLEAN, r"^(?:is|has|was|did) |\b(?:yn|flag|y/n)\b"),
    (Kind.DATETIME, r"\b(?:datetime|timestamp|date time|created at|updated at|dttm)\b| at$"),
    (Kind.DATE, r"\b(?:date|day|dt|ymd|begin|start|end|de|yyyymmdd)$|\bdate\b"),
    (Kind.TIME, r"\b(?:time|hour)$"),
    (Kind.YEAR, r"\b(?:year|yr|yyyy)\b"),
    (Kind.MONTH, r"\b(?:month|mon|mm)\b"),
    (Kind.SERIAL, r"^(?:no|num|seq|sn|index|idx|row|rownum|serial|row id|nr)$|\bserial(?: no| number)?\b"),
    (Kind.COUNT, r"\b(?:count|cnt|total|num|n|number of|qty|quantity|hours)\b"),
    (Kind.AMOUNT, r"\b(?:amount|amt|price|cost|salary|wage|income|fee|balance|payment|gain|loss|revenue|tax)\b"),
    (Kind.ACCOUNT_ID, r"\b(?:user ?name|user ?id|login|nickname|account id|member id)\b"),
    (Kind.RECORD, r"\b(?:id|idx|key|case (?:no|number)|receipt(?: no| number)?|ticket|order (?:no|number)|[a-z]+ (?:no|number)|[a-z]+no|mgtno)$"),
    (Kind.CODE, r"\b(?:code|cd)\b"),
    (Kind.ADDRESS, r"\b(?:address|addr|street|road)\b"),
    (Kind.ORGANISATION, r"\b(?:organi[sz]ation|org|company|agency|institution|hospital|school|dept|department|office|employer|instt nm|bplc nm|bank)\b"),
    (Kind.REGION, r"\b(?:region|city|province|state|sido|sigungu|district|county|dong|gu|ctprvn|signgu|emd|area)(?: ?(?:name|nm))?\b"),
    (Kind.NAME, r"\b(?:first|last|full|given|family|middle|person|customer|patient|applicant|user|student|owner|sur|employee) ?name\b|\bsurname\b|^(?:name|nm|fname|lname|author|writer|owner|applicant|complainant|manager|representative|rprsntv nm|charger nm)$"),
    (Kind.DEMOGRAPHIC, r"\b(?:race|ethnicity|education|edu|occupation|job|marital|marital status|nationality|native country|religion|workclass|relationship|citizenship|country of birth|rank|position)\b"),
    (Kind.FREE_TEXT, r"\b(?:text|content|contents|memo|note|notes|comment|comments|description|desc|remark|remarks|message|body|title|subject|reason|opinion|summary|answer|rm)\b"),
    (Kind.CATEGORY, r"\b(?:type|category|class|status|grade|level|kind|group|gubun|se|stage|result|ty|sttus)\b"),
    (Kind.MEASURE, r"\b(?:value|score|avg|mean|average|weight|height|length|temp|temperature|speed|distance|pm10|pm25|index)\b"),
    (Kind.LABEL, r"\b(?:name|nm|label|title)\b"),
)  # fmt: skip
_KO = tuple((kind, re.compile(regex)) for kind, regex in _KOREAN)
_EN = tuple((kind, re.compile(regex)) for kind, regex in _ENGLISH)

_PERSON = re.compile(
    r"신청인|신청자|신고인|신고자|민원인|청구인|피해자|가해자|보호자|환자|고객|회원|학생|수급자|대상자|운전자|구직자|근로자|가입자|소유자|세대주|본인|개인|거주|입소자|이용자|참가자|응시자"
    r"|수험생|아동|배우자|가족|대표자|계약자|유공자|장애인|제보자|진정인|휴대폰|휴대전화|핸드폰|patient|customer|applicant|person|student|employee|owner|user|member"
)
_STAFF = re.compile(r"담당|처리자|접수자|작성자|등록자|수정자|상담원|책임자|주무관|공무원|manager|staff|officer")
_SENSITIVE = re.compile(
    r"장애|질병|병명|상병|진단|상이|상해|증상|약물|투약|처방|수술|혈액|혈중|혈압|혈당|임신|정신|건강|범죄|전과|위반이력|처벌|종교|정당|노조|사상|소득|급여|월급|연봉|임금|월지급|지급액|지원금액|수당|실업|재산|자산|부채|채무"
    r"|대출|체납|세액|신용|피해금액|보상금|보험금|이직사유|해고|다문화|새터민|기초생활|수급자격|차상위|diagnos|disease|disab|income|salary|wage|religion|debt|credit|medical|health|symptom|capital gain"
)
_QUASI = re.compile(
    r"학력|직업|직종$|국적|혼인|결혼|인종|출신|체류자격|education|occupation|race|marital|native country|nationality|workclass|relationship|citizenship|ethnic"
)
_NOT_PERSON = re.compile(
    r"(?:개방|기관|단체|품|상품|제품|사업|과제|시설|건물|도로|지역|서비스|업종|업태|구분|상태)"
)


@lru_cache(maxsize=4096)
def read_header(name: str) -> HeaderHint:
    """What a column's name speaks for.

    Args:
        name: as the file has it, header rows joined by a blank.
    """
    text = unicodedata.normalize("NFKC", name).strip()
    unit = " ".join(_UNIT.findall(text))
    outside = _UNIT.sub(" ", text).strip() or text
    compact = re.sub(r"(?<=[가-힣])[0-9]+$", "", re.sub(r"[\s_.·/:*※-]+", "", outside))
    english = re.sub(r"[^a-z0-9/가-힣']+", " ", _CAMEL.sub(" ", outside).lower()).strip()
    both = f"{compact} {english}"
    found: tuple[Kind | None, str] = (None, "")
    for table, form in ((_KO, compact), (_EN, english)):
        match = next(((k, m) for k, r in table if (m := r.search(form)) is not None), None)
        if match is not None:
            found = (match[0], match[1].group(0).strip())
            break
    kind, word = found
    if kind is Kind.LABEL and compact in ("이름",):
        kind = Kind.NAME
    return HeaderHint(
        kind,
        word,
        person=bool(_PERSON.search(both)),
        staff=bool(_STAFF.search(both)),
        sensitive=bool(_SENSITIVE.search(both)),
        quasi=bool(_QUASI.search(both)),
        unit=unit,
    )
