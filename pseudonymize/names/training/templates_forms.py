"""Lines of forms, tables, minutes, ledgers and messages, each with a person."""

from pseudonymize.names.training.templates_base import lines

FORMS = lines("""
성 명{TAB}{PER}{TAB}생년월일{TAB}{BIRTH}
성명{TAB}{PER}
신청인{TAB}성명{TAB}{PER}{TAB}연락처{TAB}{PHONE}
신 청 인 | 성 명 | {PER} | 주민등록번호 | {RRN}
성명(한글) {PER} (영문) {EN}
성명: {PER} 성별: 남 연령: {AGE}
이름/연락처: {PER} / {PHONE}
담당자(연락처): {PER}({PHONE})
대표자(성명) {PER} 사업자등록번호 {BRN}
담당자 성명 및 연락처: {PER}, {PHONE}
가입자명={PER}
name={PER}&tel={PHONE}
작성자 {PER} 작성일 {DATE}
작성자 : {PER} | 등록일 : {DATE} | 조회 : {NUM}
글쓴이: {PER} ({IP}) {DATE}
등록자 {PER} 수정자 {PER2}
발신인 {PER} {ADDR} ({ZIP})
보내는 분 {PER} {PHONE} 받는 분 {PER2} {PHONE}
수취인 {PER} {ADDR} {PHONE}
배송지: {ADDR} {PER} {PHONE}
주문자명 {PER} 주문번호 {DOCNO}
예약자 {PER} / 인원 {NUM}명 / {DATE}
예약자명: {PER}님, 예약번호: {DOCNO}
입금자 {PER} {MONEY} {DATE}
출금 {MONEY} {PER} {BANK}
이체완료 받는분 {PER} {MONEY}
[Web발신] {PER}님 {MONEY} 입금 {BANK}
[{BANK}] {PER}님 계좌 {ACCT} 잔액 {MONEY}
[Web발신] {PER}님, {ORG} 예약이 {DATE} {TIME}로 확정되었습니다.
[{ORG}] {PER} 고객님 {NOUN} 만료 예정일은 {DATE}입니다.
({ORG}) {PER}님 검진결과가 등록되었습니다.
{PER} 보호자님, {GIVEN} 학생이 {TIME}에 하원하였습니다.
순번 {NUM} {PER} {BIRTH} {REGION}
{NUM}번 {PER} 출석
출석부 {NUM}반 {NAMES}
결석: {PER} 지각: {PER2}, {PER3}
당직: {PER} / 예비: {PER2}
근무자 {PER} {PER2} 교대 {TIME}
운전원 {PER} 차량 {CAR} 주행거리 {NUM}km
출입자 {PER} 소속 {COMPANY} 방문목적 {NOUN} 방문대상 {PER2}
방문자명 {PER} 차량번호 {CAR} 연락처 {PHONE}
학번 {DOCNO} 이름 {PER} 학과 행정학과
수험번호 {NUM}{NUM}{NUM} 성명 {PER} 응시직렬 일반행정
수료자: {NAMES}
수상자 대상 {PER} 최우수상 {PER2} 우수상 {PER3}
심사위원 {NAMES}
위촉장 {PER} 귀하를 {ORG} 위원으로 위촉합니다.
임명장 {PER} {DEPT}장에 임함
표창장 {ORG} {PER}
상장 제{NUM}학년 {PER}
위 사람 {PER}<은/는> 모범 공무원으로 선정되었기에 이 상장을 수여함
재직증명서 성명 {PER} 직위 {TITLE_OF_OFFICE} 소속 {DEPT}
경력증명서 {PER} {BIRTH} 근무기간 {DATE} ~ {DATE}
급여명세서 {DEPT} {PER} 실수령액 {MONEY}
인수자 {PER} (서명) 인계자 {PER2} (서명)
입회자 {PER} 확인자 {PER2}
검수자 {TITLE_OF_OFFICE} {PER} (인)
감독관 {PER} 현장대리인 {PER2}
시공사 {COMPANY} 현장소장 {PER} {PHONE}
채권자 {PER}({RRN}) 채무자 {PER2}({RRN})
등기의무자 {PER} 등기권리자 {PER2}
상속인 {PER}, {PER2}, {PER3} (각 3분의 1)
호주 {PER} 본적 {REGION}
세대원: 처 {PER}, 자 {PER2}, 자 {PER3}
부 {PER} 모 {PER2} 자녀 {PER3}
부(父): {PER} / 모(母): {PER2}
긴급연락처 {PER}(부) {PHONE}
보증인 {PER} {RRN} {ADDR}
연대보증인 {PER}<은/는> 채무자 {PER2}의 채무를 보증한다.
투약자 {PER} 확인 {PER2}
RN {PER} / Dr. {PER2}
담당의: {PER} 교수 / 진료과: 내과
주치의 {PER} 협진의 {PER2} 병실 {NUM}호
검체번호 {DOCNO} 환자 {PER} F/{NUM}
{PER} F/{NUM} 복통으로 내원
{PER} M {NUM} 흉통
피보험자 {PER} 사고일 {DATE} 청구금액 {MONEY}
민원접수 {DOCNO} {PER} {PHONE} {TOPIC}
접수번호 {DOCNO} / 민원인 {PER} / 처리부서 {DEPT} / 담당자 {PER2}
상담이력 {DATE} {PER} 상담원 통화 {NUM}분
상담원ID {NUM}{NUM} 상담원명 {PER} 고객명 {PER2}
질의자 {PER} 의원 답변자 {DEPT}장 {PER2}
○ {PER} 위원 네, 알겠습니다.
○위원장 {PER} 다음은 {PER2} 위원님 질의하여 주십시오.
(「이의 없습니다」하는 위원 있음) ○위원장 {PER} 가결되었음을 선포합니다.
출석위원({NUM}인) {NAMES}
재적의원 {NUM}명 찬성 {NAMES}
발언자 {PER} {TIME}
문: 피의자의 이름은? 답: {PER}입니다.
문 {PER}<을/를> 아는가요. 답 예, 같은 동네 사람입니다.
진술인 {PER}<은/는> 다음과 같이 임의로 진술하다.
진술자 {PER} 무인 사법경찰관 경위 {PER2} (인)
위 {PER}<은/는> 고소인 {PER2}<과/와> 합의하였음을 확인함
사건번호 {DOCNO} 원고 {PER} 외 {NUM}명 피고 {ORG}
채무자 겸 소유자 {PER}
소송수계인 {PER} 특별대리인 {PER2}
피상속인 {PER}({DATE} 사망)
후견인 {PER} 피후견인 {PER2}
송달받을 사람 {PER} 영수인 {PER2}
수령인 {PER} 관계 본인
""")
