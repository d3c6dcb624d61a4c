"""Sentences of offices, courts, police, hospitals, staff and money matters, each with at least one person."""

from pseudonymize.names.training.templates_base import lines

OFFICIAL = lines("""
위 사항과 관련하여 {DEPT} {PER} 주무관<이/가> 현장을 확인하였습니다.
담당자: {DEPT} {PER} ({PHONE})
담당 {PER}{T} ☎ {PHONE}
{ROLE} {PER}<은/는> {DATE} {ORG}에 {TOPIC} 관련 민원을 제출하였습니다.
귀하({PER})께서 신청하신 {TOPIC} 건은 다음과 같이 처리되었음을 알려드립니다.
{PER} 귀하께서 제기하신 {TOPIC} 민원에 대한 답변입니다.
{PER} 님의 민원({DOCNO})이 접수되었습니다.
{PER}님, {ORG}입니다. 신청하신 {NOUN} 처리가 완료되었습니다.
문의사항이 있으신 경우 {DEPT} {PER}{T}({PHONE}, {EMAIL})에게 연락하여 주시기 바랍니다.
기타 궁금하신 사항은 {ORG} {DEPT}({TITLE_OF_OFFICE} {PER}, {PHONE})로 문의 바랍니다.
기안자 {TITLE_OF_OFFICE} {PER} 검토자 {TITLE_OF_OFFICE} {PER2} 결재권자 {TITLE_OF_OFFICE} {PER3}
주무관 {PER} 팀장 {PER2} 과장 {PER3} 전결 {DATE}
협조자 {TITLE_OF_OFFICE} {PER}
시행 {DEPT}-{DOCNO} 담당 {PER} 전화 {PHONE}
수신 {PER} 귀하 (우{ZIP} {ADDR})
수신자: {PER} 외 {NUM}명
위 {PER}<은/는> 신고인 {PER2}의 {ROLE}<으로/로>서 다음과 같이 확인합니다.
상기 본인 {PER}<은/는> 위 내용에 동의합니다.
위임인 {PER}<은/는> 수임인 {PER2}에게 {NOUN} 발급에 관한 일체의 권한을 위임합니다.
신청인 {PER} (서명 또는 인)
신고인: {PER} (인)
{DATE} 신청인 {PER} {ORG}장 귀하
{ORG} {TITLE_OF_OFFICE} {PER}
{DEPT}장 {PER}
증명서 발급: {PER}({RRN})
성명: {PER}, 주민등록번호: {RRN}, 주소: {ADDR}
성명 {PER} 생년월일 {BIRTH} 연락처 {PHONE}
{FIELD}: {PER}
{FIELD} : {PER}
{FIELD}：{PER}
{FIELD} {PER}
{FIELD}: {PER} / 연락처: {PHONE}
{FIELD}: {PER}({PHONE})
{FIELD}: {SPACED}
{FIELD} : {SPACED} (인)
성 명 : {SPACED}    주민등록번호 : {RRN}
[{FIELD}] {PER} [연락처] {PHONE}
■ {FIELD}: {PER}
○ {FIELD} : {PER} ({TITLE_OF_OFFICE})
- {FIELD}: {PER}, {PER2}
가. {FIELD}: {PER} ({BIRTH}생)
1) {FIELD} - {PER}
세대주 {PER}<과/와> 세대원 {PER2}, {PER3}<이/가> 함께 전입하였습니다.
참석자: {NAMES}
참석: {TITLE_OF_OFFICE} {PER}, {TITLE_OF_OFFICE} {PER2}, {TITLE_OF_OFFICE} {PER3}
붙임 명단: {NAMES}
대상자 {NAMES}에 대하여 {NOUN}<을/를> 지급하고자 합니다.
아래와 같이 {PER} {TITLE_OF_OFFICE} 등 {NUM}명을 표창합니다.
{ORG}는 {PER} 씨를 {DEPT}장으로 임명하였다.
{PER} {TITLE_OF_OFFICE} 명 {DEPT} 근무
{DEPT} {PER} {TITLE_OF_OFFICE}<은/는> {DATE}자로 {DEPT}<으로/로> 전보되었다.
위원장 {PER}<은/는> 개회를 선언하고 {PER2} 위원에게 발언권을 주었다.
{PER} 위원: {TOPIC}에 대해 질의하겠습니다.
{PER} 위원장 | 다음 안건을 상정합니다.
(답변자 {DEPT}장 {PER})
○{DEPT}장 {PER} 답변드리겠습니다.
피해자 {PER}({AGE})<은/는> {DATE} {TIME}경 {REGION} 소재 {NOUN}에서 피해를 입었다고 진술하였다.
피의자 {PER}<은/는> {DATE} {TIME}경 피해자 {PER2}의 {NOUN}<을/를> 절취하였다.
피의자 {PER}({RRN})<을/를> 불구속 송치하였습니다.
고소인 {PER}<은/는> 피고소인 {PER2}<을/를> 사기 혐의로 고소합니다.
피고인 {PER}<을/를> 징역 {NUM}월에 처한다.
원고 {PER} 소송대리인 변호사 {PER2}
피고 {PER}<은/는> 원고에게 {MONEY}<을/를> 지급하라.
{DOCNO} 손해배상 원고 {PER} 피고 {PER2}
증인 {PER}<은/는> 이 법정에서 {PER2}<이/가> 먼저 폭행하였다고 증언하였다.
재판장 판사 {PER} 판사 {PER2} 판사 {PER3}
검사 {PER}(기소), {PER2}(공판)
변호인 변호사 {PER}(국선)
청구인 {PER}<과/와> 사건본인 {PER2}<은/는> 부녀지간이다.
망 {PER}의 상속인으로는 배우자 {PER2}<과/와> 자녀 {PER3}<이/가> 있다.
참고인 {PER}의 진술에 의하면 {PER2}<은/는> 당시 {REGION}에 있었다고 한다.
신고자 {PER}{T}<이/가> 112에 신고하여 {PER2} 경위가 출동함.
운전자 {PER}({CAR})<이/가> 신호를 위반하여 {PER2}의 차량을 추돌함.
{PER}의 차량번호는 {CAR}, 면허번호는 {LIC}입니다.
환자 {PER}({AGE}/남)<은/는> {DATE} 본원 응급실에 내원하였다.
환자명: {PER} 등록번호: {NUM}{NUM} 주치의: {PER2}
상기 환자 {PER}<은/는> {NUM}주간의 안정가료를 요함.
{PER} 환자 보호자 {PER2}에게 수술 동의를 받음.
집도의 {PER} 마취의 {PER2} 간호사 {PER3}
{PER} 님 {DATE} {TIME} 진료 예약되었습니다.
담당의사 {PER} 면허번호 {NUM}{NUM}{NUM}호
진단서 발급 의사 성명 {PER} (서명)
근로자 {PER}<은/는> {COMPANY}에서 {DATE}부터 근무하였다.
사용자 {COMPANY} 대표 {PER}<과/와> 근로자 {PER2}<은/는> 다음과 같이 근로계약을 체결한다.
{PER} 사원의 연차 {NUM}일이 승인되었습니다.
인사발령: {PER}({DEPT} {TITLE_OF_OFFICE})
지원자 {PER}<은/는> {BIRTH}생으로 {COMPANY}에서 {NUM}개월간 근무한 경력이 있음.
추천인 {PER} 관계 {TITLE_OF_OFFICE}
합격자 명단 {NAMES}
근무평정 대상자 {PER}, 평정자 {PER2}, 확인자 {PER3}
징계혐의자 {PER}<은/는> 성실의무를 위반하였다.
예금주 {PER} {BANK} {ACCT}
입금계좌: {BANK} {ACCT} (예금주 {PER})
{BANK} {ACCT} {PER} 앞으로 {MONEY}<을/를> 송금하였습니다.
{PER}의 계좌({BANK} {ACCT})로 환급될 예정입니다.
채무자 {PER}<은/는> 채권자 {PER2}에게 {MONEY}<을/를> {DATE}까지 변제한다.
보험계약자 {PER} 피보험자 {PER2} 수익자 {PER3}
카드 명의자 {PER}님의 카드 {CARD}<이/가> 승인되었습니다. {MONEY}
납세자 {PER}<은/는> {NOUN} {MONEY}<을/를> 체납하고 있습니다.
임대인 {PER}<과/와> 임차인 {PER2}<은/는> {ADDR}에 대하여 임대차계약을 체결한다.
매도인 {PER}({RRN}) 매수인 {PER2}({RRN})
공인중개사 {PER} ({COMPANY}공인중개사사무소)
소유자 {PER} 지분 2분의 1, {PER2} 지분 2분의 1
건축주 {PER}<이/가> 제출한 {NOUN}<을/를> 검토한 결과 적합함.
사업자등록번호 {BRN} 상호 {COMPANY} 대표자 {PER}
{COMPANY}(대표 {PER}, {BRN})
법인명 {COMPANY} 법인등록번호 {CORP} 대표이사 {PER}
학생 {PER}({NUM}학년)<은/는> 보호자 {PER2}<과/와> 상담을 실시함.
담임교사 {PER}<이/가> {GIVEN2}의 학교생활을 관찰한 결과임.
{PER} 학생의 장학금 {MONEY}<이/가> 지급되었습니다.
외국인등록번호 {FRN} 성명 {FOR} 체류자격 E-9
외국인 근로자 {FOR}<은/는> {COMPANY}에서 근무 중이다.
결혼이민자 {FOR} 씨는 {REGION}에 거주하며 자녀 {PER}<을/를> 양육하고 있다.
{FOR}({EN}) 여권번호 {PASS}
성명(영문): {EN}
영문성명 {EN} 여권번호 {PASS} 생년월일 {BIRTH}
통역인 {FOR}<을/를> 통하여 {FOR2}의 진술을 청취함.
기초생활수급자 {PER}({AGE}, {REGION})<은/는> 독거노인으로 방문 상담이 필요함.
{PER} 어르신 댁을 방문하여 {NOUN} 상태를 점검하였습니다.
사례관리 대상 {PER}<은/는> {NOUN} 문제로 {PER2} 사회복지사가 담당하고 있다.
요양보호사 {PER}<이/가> 수급자 {PER2}의 자택을 방문하지 않았음.
피보험자 {PER}의 증번호는 {NHIS}입니다.
현장조사자: {PER}, {PER2} / 조사일: {DATE}
강사 {PER}({ORG} {TITLE_OF_OFFICE})
연구책임자 {PER} 공동연구원 {NAMES}
저자: {PER}·{PER2}·{PER3}
{PER}, {PER2}({DATE}). {TOPIC}에 관한 연구.
{PER} 외 {NUM}인이 제출한 청원서
발의자 {PER} 의원 등 {NUM}인
찬성의원 {NAMES}
{PER}(金) 신청인 확인
기부자 {PER}님께 감사드립니다.
당첨자: {PER}({PHONE})
""")
