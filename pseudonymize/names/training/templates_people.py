"""Sentences of citizens, chats, news and reviews, each with at least one person."""

from pseudonymize.names.training.templates_base import lines

COMPLAINTS = lines("""
저는 {REGION}에 사는 {PER}<이라고/라고> 합니다.
저는 {ADDR}에 거주하는 {PER}입니다.
{HELLO} {PER}입니다.
안녕하세요 {PER}<이라고/라고> 하는데요 {TOPIC} 때문에 연락드렸습니다.
민원인 {PER}입니다. {TOPIC} 관련하여 문의드립니다.
제 이름은 {PER}이고 연락처는 {PHONE}입니다.
{ORG} {PER}{T}<이/가> 전화를 너무 불친절하게 받았습니다.
{DEPT}에 근무하는 {PER}{T}<을/를> 칭찬합니다.
{PER}{T} 덕분에 {NOUN} 문제가 잘 해결되었습니다.
{PER} 주무관님께서 친절하게 안내해 주셔서 감사드립니다.
{ORG}에 전화했더니 {PER}<이라는/라는> 직원이 받았습니다.
담당자가 {PER}<이라고/라고> 하던데 통화가 안 됩니다.
{SUR} {TITLE_OF_OFFICE}<은/는> 자기 소관이 아니라고만 합니다.
{SUR} {TITLE_OF_OFFICE}님한테 여러 번 말씀드렸는데도 답이 없네요.
옆집에 사는 {SUR}씨가 매일 밤 {NOUN}<을/를> 두드립니다.
{SUR}모 씨가 저희 {NOUN}<을/를> 파손하고 도망갔습니다.
{SUR}모({AGE})씨는 경찰에 붙잡혔다.
집주인 {PER}<이/가> 보증금을 돌려주지 않고 있습니다.
집주인 {PER} 씨에게 {MONEY}<을/를> 줬는데 연락이 안돼요
윗집 {PER}{T}<이/가> 새벽마다 뛰어다녀서 잠을 못 잡니다
저희 어머니({PER}, {AGE})께서 {NOUN} 앞에서 넘어지셨어요.
제 남편 {PER}<은/는> {COMPANY}에서 일하다가 다쳤습니다.
우리 아들 {GIVEN}<이/가> {NOUN}에서 다쳤는데 책임지는 사람이 없습니다.
딸 {PER}<이/가> 다니는 학교 {PER2} 선생님께서 부당하게 대우하셨습니다.
아이 이름은 {PER}이고 올해 {AGE}입니다.
{GIVEN}이가 너무 힘들어합니다.
{PER}<과/와> {PER2}<은/는> 부부 사이인데 위장전입을 한 것 같습니다.
{COMPANY} 대표 {PER}<은/는> 직원들 월급을 {NUM}개월째 안주고 있습니다
사장 {PER}<이/가> 잠적했습니다 꼭 좀 찾아주세요
{PER}<을/를> 처벌해 주세요
{PER}씨를 조사해주시기 바랍니다
{PER},{PER2} 두 사람이 짜고 {NOUN}<을/를> 빼돌렸습니다
중고거래 사기꾼 {PER} {PHONE} {BANK} {ACCT} 조심하세요
입금자명 {PER}<으로/로> {MONEY} 보냈습니다
{BANK} {PER} {ACCT}로 환불 부탁드려요
접수자 {PER} 연락처 {PHONE} 빠른 처리 바랍니다
{PER} {PHONE}
{PER}/{PHONE}/{ADDR}
{PER}({PHONE})입니다 확인후 연락주세요
이름 {PER} 전화번호 {PHONE} 주소 {ADDR}
성함은 {PER} 생년월일은 {BIRTH}이구요
{DATE} {PER} 올림
{PER} 드림
- {PER} 배상
청원인 {PER} 외 주민 {NUM}명 일동
입주자대표 {PER}<과/와> 관리소장 {PER2}<이/가> {NOUN}<을/를> 횡령하였습니다.
통장 {PER}님이 주민들 의견을 무시하고 있어요.
{PER} 의원님 우리 동네 {NOUN} 좀 해결해 주세요.
{PER} 시장님께 부탁드립니다.
{PER} 원장이 아이들을 때렸다는 제보가 있습니다.
유치원 교사 {PER}<은/는> 아이에게 밥을 주지 않았습니다.
{PER} 간호사님 정말 친절하셨어요
기사님 성함이 {PER}<이었어요/였어요> 차량번호는 {CAR}이고요
차량 {CAR} 운전자 {PER}{T}<이/가> 욕을 하며 위협했습니다.
{PER}<이/가> 운영하는 {COMPANY}에서 {NOUN}<을/를> 무단으로 버립니다.
학교폭력 가해학생은 {PER}, {PER2}, {PER3}입니다.
{NAMES}<이/가> 함께 있었습니다.
저희 아버지 {PER}<은/는> {BIRTH}생이시고 국가유공자이십니다.
할머니 {PER}({RRN})의 기초연금을 대신 신청하려고 합니다.
이웃 주민 {PER}{T}<과/와> 다툼이 있었는데 경찰은 저만 잘못했다고 합니다.
외국인 직원 {FOR}<이/가> 월급을 못 받았습니다.
{FOR} 씨는 한국말을 잘 못해서 제가 대신 씁니다.
우리 공장에 {FOR}<이라는/라는> 베트남 친구가 있습니다
며느리 {FOR}의 국적 취득 절차를 알고 싶습니다.
제 아내는 {FOR}<이고/고> 우즈베키스탄 사람입니다.
{PER}<이라는/라는> 사람이 저를 사칭하고 다닙니다.
{PER}<이/가> 누구인지 모르겠으나 제 명의로 {NOUN}<을/를> 신청했습니다.
{PER}에게서 연락이 왔습니다.
{PER}한테 물어보니 모른다고 했습니다.
{PER}도 그 자리에 있었습니다.
{PER}만 불이익을 받는 것은 부당합니다.
{PER}의 말로는 {TOPIC} 때문이라고 합니다.
{PER}께서 말씀하신 내용과 다릅니다.
{PER}측에서는 아무런 답변이 없습니다.
{PER}네 집 앞에 {NOUN}<이/가> 쌓여 있습니다.
{PER}<이랑/랑> {PER2}<이랑/랑> 같이 신고합니다
{PER} 이 사람은 상습범입니다.
{PER} 이사람 고발합니다
{NOUN}때문에{PER}씨와싸웠습니다
어제{PER}주무관님과통화했는데요{NOUN}처리가언제되나요
{SUR}과장<이/가>반말을했어요
""")

CHAT = lines("""
[{PER}] [{TIME}] 네 확인했습니다
{PER}: 오늘 {TIME}에 회의 있어요
{PER} : 넵 알겠습니다 ㅎㅎ
{PER}님이 들어왔습니다.
{PER}님이 {PER2}님을 초대했습니다.
{DATE} {TIME}, {PER} : 파일 보내드렸습니다
상담사 {PER}입니다. 무엇을 도와드릴까요?
상담원: 성함이 어떻게 되세요? / 고객: {PER}<이요/요>
고객: 저 {PER}인데요 어제 전화드렸던
네 {PER} 고객님 확인 도와드리겠습니다
{PER} 고객님 본인 맞으십니까?
{GIVEN}아 이거 봤어?
{GIVEN}씨 내일 {TIME}까지 부탁해요
야 {PER} 너 어디야
{PER}쌤 이거 어떻게 해요?
{PER} 대리님 {NOUN} 건 회신 부탁드립니다~
@{PER} 확인 부탁드려요
@{PER} @{PER2} 두 분 의견 주세요
{PER}->{PER2} : {NOUN} 자료 전달
담당자 바뀌었어요 {PER}님에서 {PER2}님으로요
{PER} 계장님 휴가라 {PER2} 주무관님이 대신 보신대요
ㅋㅋㅋ {PER} 진짜 웃겨
{PER}한테 톡 보내놨어
보낸사람: {PER} <{EMAIL}>
From: {PER} <{EMAIL}>
받는사람 {PER}; {PER2}; {PER3}
참조: {PER} {TITLE_OF_OFFICE}, {PER2} {TITLE_OF_OFFICE}
RE: {PER}님 문의 답변드립니다
{SUR} {TITLE_OF_OFFICE}님, {PER2} 건 처리 부탁드립니다.
""")

NEWS = lines("""
{PER} {ORG} {TITLE_OF_OFFICE}<은/는> {DATE} 기자회견에서 이같이 밝혔다.
{PER}({AGE}) 씨는 "{NOUN}<이/가> 가장 큰 문제"라고 말했다.
배우 {PER}<이/가> {DATE} 새 드라마로 돌아온다.
가수 {PER}<과/와> {PER2}<이/가> 함께 무대에 올랐다.
감독 {PER}의 신작은 {NOUN}<을/를> 다룬다.
{PER} 감독이 연출하고 {PER2}, {PER3}<이/가> 출연했다.
{PER} 선수는 {NUM}분 만에 골을 넣었다.
투수 {PER}<은/는> {NUM}승째를 거뒀다.
{PER} 기자 {EMAIL}
(서울=뉴스) {PER} 기자 = {ORG}<은/는> {DATE} {TOPIC} 대책을 발표했다.
사진={PER} 기자
글 {PER} 사진 {PER2}
{PER} 전 대통령은 회고록에서 이렇게 적었다.
{PER} 후보<이/가> {PER2} 후보를 {NUM}%포인트 차로 앞섰다.
{PER} 장관은 국회에서 {PER2} 의원의 질의에 답했다.
{FOR} 미국 대통령은 {DATE} 정상회담을 가졌다.
{FOR}<은/는> 영국 출신의 배우이다.
소설가 {FOR}의 작품은 {NOUN}<을/를> 주제로 한다.
{FOR}<과/와> {FOR2}<이/가> 주연을 맡았다.
경찰은 {SUR}모({AGE})씨를 구속하고 공범 {SUR2}모({AGE})씨를 쫓고 있다.
시민 {PER}씨는 {TOPIC}에 대해 불만을 터뜨렸다.
{PER} {ORG} 교수<은/는> "{NOUN}<이/가> 늘고 있다"고 분석했다.
{PER}<은/는> 조선 후기의 문신이다.
{PER}<이/가> 태어난 곳은 {REGION}이다.
임금은 {PER}<을/를> 불러 물었다.
{PER}의 연기가 정말 좋았다
{PER} 나온다길래 봤는데 실망
역시 {PER}! 믿고 보는 배우
{PER} 때문에 끝까지 봤음
{PER}<이/가> 아깝다 이런 영화에 나오다니
{PER},{PER2} 연기 최고
{FOR} 연기는 말이 필요없다
주인공 {GIVEN}<이/가> 엄마를 만나는 장면에서 울었다
{PER}역의 {PER2} 너무 예쁘다
원장 {PER} 선생님 실력 좋으세요 추천합니다
여기 {SUR}실장님 친절하시고 {NOUN}도 깨끗해요
""")

ROWS = lines("""
{PER}{TAB}{BIRTH}{TAB}{PHONE}{TAB}{ADDR}
{NUM}{TAB}{PER}{TAB}{DEPT}{TAB}{TITLE_OF_OFFICE}{TAB}{PHONE}
{NUM} | {PER} | {RRN} | {PHONE}
| {PER} | {DEPT} | {MONEY} |
{DOCNO},{PER},{PHONE},{TOPIC},처리완료
{PER},{AGE},{REGION},{MONEY}
{NUM}. {PER} ({BIRTH})
연번 {NUM} 성명 {PER} 소속 {DEPT} 직급 {TITLE_OF_OFFICE}
{DEPT} {TITLE_OF_OFFICE} {PER} {PHONE}
{DEPT} {PER} {TITLE_OF_OFFICE} {PHONE}
{PER} {PER2} {PER3}
{PER}, {PER2}, {PER3}, {PER4}
{PER}·{PER2}
""")
