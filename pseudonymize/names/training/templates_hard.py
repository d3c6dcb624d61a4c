"""Names where they are hard to see: without title, glued, listed, short, foreign, repeated, beside look-alikes."""

from pseudonymize.names.training.templates_base import lines

HARD = lines("""
{PER} 이상하게 대답을 피하네요
정상화 위원회 {PER}<은/는> 회의에 참석하지 않았다.
조사원 {PER}<이/가> 방문하였습니다.
{PER} 조사원은 {NOUN}<을/를> 확인하지 않았다.
한강변에서 {PER}<을/를> 만났습니다.
{PER}<은/는> 노동자이고 {PER2}<은/는> 사용자이다.
{GU}에 사는 {PER} {GU}에 사는 {PER2}
{NOUN} {PER} {NOUN2}
{NOUN}({PER})
{NOUN}: {PER}, {NOUN2}: {PER2}
{NOUN}/{PER}/{DATE}
{DATE} {PER} {NOUN} {MONEY}
{PER} {MONEY}
{PER} {DATE} {TIME}
{PER}-{NOUN} 건
"{PER}"<이라는/라는> 이름으로 접수되어 있습니다.
'{PER}' 명의의 통장
<{PER}>
[{PER}]
({PER})
{PER}.
{PER}
{PER} {PER2}
{PER} 외1명
{PER}외 {NUM}명
{PER} 등 {NUM}명은 {NOUN}<을/를> 요구하였다.
{PER}등{NUM}인
{PER} 및 {PER2}
{PER} 또는 {PER2}
{PER}, {PER2} 그리고 {PER3}
{PER}<과/와> {NOUN}, {PER2}<과/와> {NOUN2}
{PER}하고 {PER2}<이/가> 공모하여
{PER}보다 {PER2}<이/가> 먼저 신청했는데
{PER}처럼 억울한 사람이 더 있습니다
{PER}조차 몰랐다고 합니다
{PER}까지 {NUM}명이 해고되었습니다
{PER}부터 순서대로 발표하였다
{PER}마저 퇴사했습니다
{PER}뿐만 아니라 {PER2}도 같은 피해를 입었습니다
{PER}에 대한 {NOUN} 처분을 취소한다.
{PER}에 의하면 {NOUN}<은/는> 이미 종료되었다.
{PER}<으로/로>부터 {MONEY}을 받았다.
{PER}<으로/로> 추정되는 사람
{PER}인지 {PER2}인지 확인이 필요합니다
{PER}이며 현재 {ORG}에 재직 중입니다.
{PER}이고요 {AGE}입니다
{PER}<이라/라> 하고 {REGION}에서 장사를 하고 있습니다.
{PER}인데 {NOUN} 좀 확인해주세요
{PER}<이에요/예요> 어제 통화했던
{PER}임
{PER} 입니다
{PER} 입니다. {PER2} 이사님 부탁드립니다.
나는 {PER}<을/를> 고용한 적이 없다.
제가 {PER}인데요
저 {PER} {NOUN} 신청합니다
신청자본인{PER}
신청자본인 {PER} 배우자 {PER2}
{PER}본인
{PER} 본인은 {NOUN}에 동의합니다.
{PER}(본인), {PER2}(배우자), {PER3}(자)
{PER}(남, {AGE}), {PER2}(여, {AGE})
{PER}({BIRTH}생, 남)
{PER} ({AGE})
{PER}({TITLE_OF_OFFICE}), {PER2}({TITLE_OF_OFFICE})
{PER}({ORG})
{PER}[{DEPT}]
{PER}, {ORG} {TITLE_OF_OFFICE}
{PER} | {TITLE_OF_OFFICE} | {PHONE}
{ORG} {DEPT} {TITLE_OF_OFFICE} {PER}
{ORG}{DEPT}{PER}{TITLE_OF_OFFICE}
{DEPT}{PER}
{TITLE_OF_OFFICE}{PER}
{TITLE_OF_OFFICE}:{PER}
{ROLE}{PER}
{ROLE} : {PER}
{ROLE}({PER})
{ROLE} {PER}
{ROLE} {PER}, {ROLE} {PER2}
{ROLE} {PER}의 {ROLE} {PER2}
{ROLE}인 {PER}
{ROLE}였던 {PER}
{PER} {ROLE}
{PER}{TITLE_OF_OFFICE}님께
{PER}{TITLE_OF_OFFICE}<이/가> {NOUN}<을/를> 담당합니다
{PER}씨
{PER}씨는
{PER}님께서
{PER}님 {PER2}님 {PER3}님
{PER}귀하
{PER} 귀중
{PER}앞
{PER} 앞 내용증명
{PER}에게
To. {PER}
From {PER}
cc: {PER}, {PER2}
p.s. {PER}도 알고 있어요
by {PER}
{PER} 作
글쓴이 {PER}
{SPACED}
{SPACED} 귀하
{SPACED} {SPACED2} {SPACED3}
1. {SPACED}  2. {SPACED2}
신청인   {SPACED}   (인)
대 표 자  {SPACED}
{SUR}{TITLE_OF_OFFICE}입니다
{SUR} {TITLE_OF_OFFICE}, {SUR2} {TITLE_OF_OFFICE} 모두 모른다고 합니다
{SUR}씨와 {SUR2}씨
{SUR}○○
{SUR}** 고객님
{SUR}모씨 등 {NUM}명
{SUR}양은 {SUR2}군을 만났다
{SUR} 선생님 이야기로는 {NOUN}<이/가> 필요하답니다
{GIVEN}이는 학교에 가기 싫어합니다
{GIVEN}이가 {GIVEN2}이를 때렸대요
{GIVEN}이네 엄마가 전화했어요
{GIVEN} 엄마입니다
{GIVEN} 아빠 연락처 {PHONE}
{GIVEN}양의 건강한 성장을 기원합니다.
{GIVEN}님, 생일을 축하합니다!
우리 {GIVEN}<이/가> 다니는 {NOUN}
{FOR}
{FOR}({FRN})
{FOR}, {FOR2}
{FOR} 외 {NUM}명의 외국인 근로자
{FOR}씨의 비자 만료일은 {DATE}입니다.
{FOR} 님 통역이 필요합니다
{FOR} 총리<은/는> 회담을 제의했다
근로자 {FOR} (국적: 베트남)
근로자명 {FOR} 국적 우즈베키스탄 입사일 {DATE}
중국 국적의 {FOR}<은/는> {REGION}에 체류 중이다.
필리핀 출신 {FOR} 씨와 결혼한 {PER} 씨
배우자 {FOR}({EN}, {BIRTH}생)
{EN}({FOR})
Mr. {EN} 에게 이메일을 보냈습니다
영문이름은 {EN} 입니다
계약자 {EN} ({PASS})
{EN}님이 예약하셨습니다.
수강생 {PER}, {FOR}, {EN}
故 {PER}님의 명복을 빕니다.
고 {PER} 씨의 유족
망인 {PER}
{PER}(개명 전 {PER2})
{PER}(가명)
일명 {PER}
{PER}<은/는> 김치공장에서, {PER2}<은/는> 박스공장에서 일한다.
최고 책임자 {PER}<은/는> 이번 일에 대해 사과했다.
우리은행 {PER} 계장에게 문의하니 신한은행 {PER2} 대리에게 물어보랍니다.
하나은행 계좌로 {PER}<이/가> 입금했습니다.
{REGION} {PER}
전주 이씨 {PER}
오전에는 {PER}, 오후에는 {PER2}<이/가> 근무합니다.
주간 {PER} 야간 {PER2} 비번 {PER3}
월 {PER} / 화 {PER2} / 수 {PER3}
1조 {PER} 2조 {PER2} 3조 {PER3}
1등 {PER}, 2등 {PER2}, 3등 {PER3}
가) {PER} 나) {PER2}
①{PER} ②{PER2} ③{PER3}
{PER}→{PER2}
{PER}/{PER2}/{PER3}
{PER};{PER2}
{PER}+{PER2}
{PER}{TAB}{PER2}
{PER} (010-****-{NUM}{NUM})
""")
