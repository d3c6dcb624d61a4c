"""Documents: letters, complaints, forms, tables, minutes, chats."""

from pseudonymize.names.training.templates_base import pages

DOCUMENTS = pages("""
{ORG}

수신: {PER} 귀하
제목: {TOPIC} 민원에 대한 회신

1. 귀하께서 제출하신 민원(접수번호 {DOCNO})에 대한 답변입니다.
2. {NEG}
3. {BODY}
4. 기타 문의사항은 {DEPT} {PER2} {TITLE_OF_OFFICE}({PHONE}, {EMAIL})에게 연락하여 주시기 바랍니다. 끝.

{ORG}장

기안 {TITLE_OF_OFFICE} {PER2}  검토 {TITLE_OF_OFFICE} {PER3}
우 {ZIP} {ADDR}
---
제목: {TOPIC} 관련 민원

안녕하세요. 저는 {ADDR}에 거주하는 {PER}입니다.
{NEG} {NEG}
{BODY} {NEG}
연락처는 {PHONE}이고 이메일은 {EMAIL}입니다.

{DATE}
{PER} 드림
---
[민원신청서]
성명: {PER}
주민등록번호: {RRN}
주소: {ADDR}
연락처: {PHONE}
이메일: {EMAIL}
민원내용: {NEG} {BODY}
위와 같이 신청합니다.
{DATE}
신청인 {PER} (서명 또는 인)
{ORG}장 귀하
---
{NEG} {NEG} {BODY}
{NEG}
---
{NEG} {NEG} {NEG} {NEG}

{NEG} {NEG}
---
연번	성명	생년월일	연락처	주소
1	{PER}	{BIRTH}	{PHONE}	{ADDR}
2	{PER2}	{BIRTH}	{PHONE}	{ADDR}
3	{PER3}	{BIRTH}	{PHONE}	{ADDR}
※ {NEG}
---
| 성명 | 직급 | 부서 | 계좌번호 |
|---|---|---|---|
| {PER} | {TITLE_OF_OFFICE} | {DEPT} | {BANK} {ACCT} |
| {PER2} | {TITLE_OF_OFFICE} | {DEPT} | {BANK} {ACCT} |
{BODY}
---
고 소 장

고소인 성명: {PER} ({RRN})
주소: {ADDR}
전화: {PHONE}
피고소인 성명: {PER2}
연락처: {PHONE}

고소취지
고소인은 피고소인 {PER2}<을/를> 사기죄로 고소하오니 처벌하여 주시기 바랍니다.

고소사실
피고소인 {PER2}<은/는> {DATE} {TIME}경 고소인 {PER}에게 {MONEY}<을/를> 빌려주면 갚겠다고 하였습니다. 이에 {PER}<은/는> {BANK} {ACCT}로 송금하였으나 {PER2}<은/는> 이를 변제하지 않았습니다.
{NEG}
---
[{DATE} 회의록]
참석: {PER} {TITLE_OF_OFFICE}, {PER2} {TITLE_OF_OFFICE}, {PER3} {TITLE_OF_OFFICE}
{PER}: {NEG}
{PER2}: {NEG}
{PER3}: {BODY}
결정사항: {NOUN} 관련 업무는 {PER2} {TITLE_OF_OFFICE}<이/가> 담당하고, {PER}에게 보고한다.
---
[{PER}] [{TIME}] 안녕하세요
[{PER2}] [{TIME}] 네 {SUR} {TITLE_OF_OFFICE}님
[{PER}] [{TIME}] {NEG}
[{PER2}] [{TIME}] 담당자가 {PER3}님이신데 {PHONE}로 전화해보세요
[{PER}] [{TIME}] 감사합니다
---
상담일시: {DATE} {TIME}
상담자: {PER}
내담자: {PER2} ({AGE})
상담내용: {NEG} {PER2}<은/는> {NOUN} 문제로 어려움을 호소함. 보호자 {PER3}<과/와> 통화함({PHONE}).
조치: {NEG}
---
진 단 서
등록번호 {DOCNO}
환자 성명 {PER}  주민등록번호 {RRN}
주소 {ADDR}
진단일 {DATE}
향후 치료의견: 상기 환자 {PER}<은/는> {NUM}주간의 안정을 요함.
의사 성명 {PER2} (인)
---
임대차계약서
임대인 {PER}({RRN})<과/와> 임차인 {PER2}({RRN})<은/는> 아래와 같이 계약한다.
소재지: {ADDR}
보증금: {MONEY} 차임: {MONEY}
계좌: {BANK} {ACCT} (예금주 {PER})
제1조 임차인 {PER2}<은/는> 계약금을 {DATE}까지 지급한다.
제2조 {NEG}
임대인 {PER} (인)  {PHONE}
임차인 {PER2} (인)  {PHONE}
---
보낸사람: {PER} <{EMAIL}>
받는사람: {PER2} <{EMAIL}>
제목: {NOUN} 관련

{PER2} {TITLE_OF_OFFICE}님, 안녕하세요. {ORG} {DEPT} {PER}입니다.
{NEG} {BODY}
감사합니다.
{PER} 드림
T. {PHONE}
---
교통사고 발생상황 보고
일시: {DATE} {TIME}
장소: {REGION} {NOUN} 앞
#1차량: {CAR} 운전자 {PER}({AGE}) 면허번호 {LIC}
#2차량: {CAR} 운전자 {PER2}({AGE})
개요: {PER}<이/가> 운전하던 차량이 신호대기 중이던 {PER2}의 차량을 추돌함. 목격자 {PER3}({PHONE}).
{NEG}
---
사업자등록번호: {BRN}
상호: {COMPANY}
대표자: {PER}
사업장 소재지: {ADDR}
법인등록번호: {CORP}
{NEG}
담당: {PER2} ({PHONE}, {EMAIL})
---
외국인 고용변동 신고
사업장: {COMPANY} 대표자 {PER}
외국인 성명: {FOR} ({EN})
외국인등록번호: {FRN}
여권번호: {PASS}
사유: {NEG}
{FOR}<은/는> {DATE}부터 출근하지 않았음.
---
청원서

{NEG} {NEG}
저희 주민들은 {TOPIC}<을/를> 요구합니다. {NEG}
청원인 대표 {PER}
연명: {NAMES}
---
인사발령 통지
{DEPT} {TITLE_OF_OFFICE} {PER} : {DEPT} 근무를 명함
{DEPT} {TITLE_OF_OFFICE} {PER2} : {DEPT} 근무를 명함
{DATE}자
{ORG}장
---
카드 도용 신고
고객명: {PER}
카드번호: {CARD}
건강보험증 번호: {NHIS}
접속 IP: {IP}
개인 블로그: {URL}
내용: {NEG} {PER} 고객님께 {PHONE}로 안내드림.
""")
