"""More documents: courts, police, hospitals, schools, banks, staff, shops, notices, boards."""

from pseudonymize.names.training.templates_base import pages

DOCUMENTS_MORE = pages("""
{ORG} 공고 제{DOCNO}

{NOUN} 공시송달 공고

{LAW} 제{NUM}조에 따라 아래와 같이 공시송달합니다.
1. 대상자
 - 성명: {PER}
 - 생년월일: {BIRTH}
 - 주소: {ADDR}
2. 내용: {NEG}
3. 문의: {DEPT} {PER2} ({PHONE})
{DATE}
{ORG}장
---
판 결
사건 {DOCNO} 손해배상(기)
원고 {PER} ({RRN})
 {ADDR}
 소송대리인 변호사 {PER2}
피고 {PER3}
 {ADDR}
주문
1. 피고는 원고에게 {MONEY}<을/를> 지급하라.
이유
원고 {PER}<은/는> {DATE} 피고 {PER3}<과/와> 계약을 체결하였다. {PER3}<은/는> 이를 이행하지 아니하였다. {NEG}
재판장 판사 {PER4}
---
피의자신문조서
피의자: {PER}
위의 사람에 대한 사기 피의사건에 관하여 {DATE} {ORG}에서 사법경찰관 경위 {PER2}<은/는> 사법경찰리 순경 {PER3}<을/를> 참여하게 하고 다음과 같이 신문하다.
문: 성명, 주민등록번호, 직업, 주거를 말하시오.
답: 성명은 {PER}, 주민등록번호는 {RRN}, 주거는 {ADDR}입니다.
문: {PER4}<을/를> 알고 있나요.
답: 예, {PER4}<은/는> 제 직장 동료입니다.
---
입퇴원 확인서
환자명 {PER}   생년월일 {BIRTH}
주소 {ADDR}
입원기간 {DATE} ~ {DATE}
담당의사 {PER2}
{NEG}
{ORG} 원장 {PER3}
---
간호기록지
{DATE} {TIME} {PER} 환자 통증 호소하여 {PER2} 선생님께 보고함. / 간호사 {PER3}
{DATE} {TIME} 보호자 {PER4}({PHONE})에게 설명함. / {PER3}
{NEG}
---
생활기록부
학생: {PER} 담임: {PER2}
{PER}<은/는> 책임감이 강하고 친구들과 잘 어울림. {GIVEN}이는 발표를 잘함. {NEG}
학부모 {PER3} 연락처 {PHONE}
---
학교폭력 사안조사 보고서
피해학생: {PER} ({NUM}학년 {NUM}반)
가해학생: {PER2}, {PER3}
보호자: {PER4} ({PHONE})
경위: {DATE} {TIME}경 {PER2}<과/와> {PER3}<이/가> {PER}<을/를> 폭행함. {NEG}
---
이 력 서
성명 {PER} ({EN})
생년월일 {BIRTH} ({AGE})
주소 ({ZIP}) {ADDR}
연락처 {PHONE} / {EMAIL}
경력 {COMPANY} {DEPT} {TITLE_OF_OFFICE} ({DATE} ~ {DATE})
추천인 {PER2} {TITLE_OF_OFFICE}
위 사항은 사실과 다름이 없습니다.
지원자 {PER} (인)
---
근로계약서
{COMPANY} 대표 {PER} (이하 "사업주")와 {PER2} (이하 "근로자")는 다음과 같이 근로계약을 체결한다.
1. 근로계약기간: {DATE}부터
2. 임금: 월 {MONEY}, 매월 {NUM}일 {BANK} {ACCT}로 지급
3. {NEG}
(사업주) 사업체명: {COMPANY} (전화: {PHONE}) 대표자: {PER} (서명)
(근로자) 주소: {ADDR} 연락처: {PHONE} 성명: {PER2} (서명)
---
징계의결서
소속 {DEPT} 직급 {TITLE_OF_OFFICE} 성명 {PER}
의결주문 {PER}<을/를> 감봉 {NUM}월에 처한다.
이유 징계혐의자 {PER}<은/는> {DATE} {NEG}
위원장 {PER2} 위원 {PER3} 위원 {PER4}
---
차용증
채권자 {PER} ({RRN}) {ADDR}
채무자 {PER2} ({RRN}) {ADDR}
금 {MONEY}을 {PER2}<이/가> {PER}<으로/로>부터 차용하고 {DATE}까지 {BANK} {ACCT}로 변제한다.
연대보증인 {PER3} {PHONE}
---
보험금 청구서
피보험자 {PER} ({RRN})
청구인 {PER2} 관계 배우자
사고경위 {NEG}
지급계좌 {BANK} {ACCT} 예금주 {PER2}
담당설계사 {PER3} {PHONE}
---
[{ORG}] 안내문
안녕하세요, {PER} 고객님.
{NEG} {NEG}
담당 상담사 {PER2} ({PHONE})
---
{NEG}

댓글 3
{PER} {NEG}
{PER2} 저도 그렇게 생각해요
{PER3} {NEG}
---
제목: {ORG} {PER} 주무관님을 칭찬합니다

{NEG} 그런데 {DEPT}의 {PER} 주무관님께서 끝까지 도와주셨습니다.
{PER}님 같은 분이 계셔서 든든합니다. 함께 애써주신 {PER2} 팀장님께도 감사드립니다.
작성자 {PER3} {PHONE}
---
제목 : 불친절 공무원 신고
{NEG} {DATE} {TIME}쯤 {ORG} {DEPT}에 전화했는데 {PER}<이라는/라는> 분이 반말을 했습니다. {SUR} {TITLE_OF_OFFICE}<은/는> 사과도 하지 않았습니다.
{NEG} {PER}<을/를> 징계해 주세요.
민원인 {PER2} {PHONE}
---
출장 결과 보고
1. 출장자: {PER} {TITLE_OF_OFFICE}, {PER2} {TITLE_OF_OFFICE}
2. 일시: {DATE} {TIME}
3. 장소: {REGION}
4. 면담자: {COMPANY} {PER3} ({PHONE})
5. 내용: {NEG}
---
주간업무
월: {PER} - {NOUN}
화: {PER2} - {NOUN2}
수: {PER}, {PER2} - {TOPIC}
비고: {NEG}
---
번호,이름,전화,주소,비고
1,{PER},{PHONE},{ADDR},{NOUN}
2,{PER2},{PHONE},{ADDR},
3,{FOR},{PHONE},{ADDR},{NOUN2}
4,{PER4},{PHONE},{ADDR},
---
{DATE} {TIME} 민원전화 녹취
상담원: {ORG} {PER}입니다.
고객: 네 저는 {PER2}인데요, {NEG}
상담원: {PER2}님 연락처가 {PHONE} 맞으세요?
고객: 네 맞아요. {NEG}
상담원: 담당 {PER3} {TITLE_OF_OFFICE}님께 전달하겠습니다.
---
{COMPANY} 단톡방
{PER}: 다들 {TIME}까지 오세요
{PER2}: 넵
{PER3}: {GIVEN2}씨 저는 좀 늦어요
{PER}: {NEG}
{PER2}: {SUR3} {TITLE_OF_OFFICE}님 천천히 오세요~
---
(서울=뉴스) {PER} 기자 = {NEG}
{PER2} {ORG} {TITLE_OF_OFFICE}<은/는> "{NEG}"라고 말했다.
주민 {PER3}({AGE}) 씨는 "{NEG}"며 불만을 터뜨렸다. {PER3} 씨는 {NOUN} 앞에서 {NUM}년째 가게를 운영하고 있다.
경찰은 {SUR4}모({AGE})씨를 불러 조사하고 있다.
{EMAIL}
---
여권 분실 신고
성명 {PER} 영문 {EN} 여권번호 {PASS}
주민등록번호 {RRN}
분실경위 {NEG}
신고인 {PER} {PHONE}
---
차량 정보
소유자 {PER} 차량번호 {CAR}
운전면허 {LIC} {PER2}
보험 {COMPANY} 담당 {PER3} {PHONE}
{NEG}
---
제{NUM}회 {ORG} 위원회 회의록
○ 일시: {DATE} {TIME}
○ 참석: 위원장 {PER}, 위원 {PER2}, {PER3}, {PER4}
○위원장 {PER} 성원이 되었으므로 개회하겠습니다.
○{PER2} 위원 {NEG}
○{DEPT}장 {PER3} {NEG}
○위원장 {PER} {PER2} 위원님 수고하셨습니다.
---
전입신고서
전입자 {PER} {RRN}
세대주 {PER2} 관계 배우자
전 주소 {ADDR}
새 주소 {ADDR}
세대원 {PER3} {RRN}
---
국민건강보험 자격득실 확인서
성명 {PER} 주민등록번호 {RRN} 증번호 {NHIS}
사업장 {COMPANY} {BRN}
취득일 {DATE} 상실일 {DATE}
---
유언장
유언자 {PER} ({RRN})
주소 {ADDR}
나 {PER}<은/는> 장남 {PER2}에게 부동산을, 차녀 {PER3}에게 예금 {MONEY}을 유증한다.
{DATE} 유언자 {PER} (인)
---
{NEG} {NEG} {NEG} {NEG} {NEG}
{NEG} {NEG} {NEG}

{NEG} {NEG} {NEG} {NEG}
---
1. {NEG}
2. {NEG}
3. {NEG}
가. {NEG}
나. {NEG}
문의: {DEPT} ({PHONE})
---
Q. {NEG}
A. {NEG} {NEG}
Q. {NEG}
A. {NEG} 자세한 사항은 {PHONE}로 문의 바랍니다.
---
{TOPIC} 관련 건의

{NEG} {NEG} {NEG}
{NEG} {BODY} {NEG}
{BODY} {NEG}
---
{HELLO}
{NEG} {NEG} {BODY} {NEG} {NEG}
{PER} {PHONE}
---
수고하십니다 {REGION} 사는 주민인데요
{NEG} {NEG}
{NEG} 제발 부탁드려요
""")
