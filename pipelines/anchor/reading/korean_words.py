"""What Korean readings are made of: counters, units, letters, words of foreign letters."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> dict[str, str]:
    return dict(entry.split("=") for entry in text.split())


#: Counters after native numerals, 1 to 99 (표준어 규정 해설; 국립국어원 온라인가나다).
NATIVE_COUNTERS = _words(
    "명 사람 개 마리 대 권 살 시간 번 잔 병 장 그루 송이 켤레 벌 채 척 곳 가지 달 군데 쌍 통 "
    "건 배 차례 골 표 가구 편 팀 끼 판 자녀 봉지 그릇 상자 자루 포기 컵 줄 종류 팩 바퀴 걸음 "
    "모금 방울 조각 토막 뿌리 다발 묶음 갈래 마디 돌 남매 형제 자매 식구 집 나라 마을 도시 "
    "학교 회사 기업 후보 손님 모 톨 올 알"
)
#: Counters after Sino-Korean numerals.
SINO_COUNTERS = _words(
    "년 월 일 분 초 원 달러 유로 엔 위안 파운드 센트 층 호 회 위 등 도 퍼센트 퍼센트포인트 프로 "
    "포인트 개월 개국 개년 개소 개교 개사 개 주 주일 주년 인 인분 세 학년 반 교시 번지 호선 차 "
    "항 페이지 쪽 점 대 킬로미터 킬로그램 킬로 미터 센티미터 밀리미터 그램 톤 리터 밀리리터 "
    "제곱미터 헥타르 평 석 단계 박 급 단 승 패 무 선 득점 실점 타점 안타 홈런 세기 분기 년대 "
    "년도 세대 기 부 장 절 막 도막 동 도루 학기 시즌 배럴 메가와트 와트 볼트 개비 촌 과 강 관왕 "
    "연승 연패 연속 국 인조 자 자리 군 구역 여단 사단 리 면 공주 골드 광년 노트 마일 피트 인치 "
    "데시벨 헤르츠 바이트 화소 만화소 볼 스트라이크 아웃 회말 회초 이닝 쿼터 세트 라운드"
)
#: After the numeral 3 and 4 as 서 and 너, or 석 and 넉 (표준어 규정 제17항).
SEO_NEO = ("말", "돈", "발", "푼")
SEOK_NEOK = ("냥", "되", "섬")
#: Nouns before a number of 대 that say it counts vehicles and machines, not an age or a share.
MACHINES = _words(
    "차량 자동차 승용차 트럭 버스 택시 소방차 구급차 헬기 헬리콥터 항공기 비행기 전투기 드론 "
    "컴퓨터 노트북 전차 탱크 오토바이 자전거 로봇 카메라 장비 펌프차 경찰차 스마트폰 휴대전화 "
    "텔레비전 냉장고 피아노 기계 열차 전기차 화물차"
)
#: Nouns after N번 that make it a name, not a count.
NUMBERED = _words(
    "버스 출구 국도 후보 선수 타자 버튼 홈 승강장 게이트 창구 문제 문항 채널 교향곡 확진자 "
    "척추 아이언 우드 시드 트랙 지방도 도로 좌석"
)

UNITS = _pairs(
    "km=킬로미터 m=미터 cm=센티미터 mm=밀리미터 nm=나노미터 kg=킬로그램 g=그램 mg=밀리그램 "
    "t=톤 L=리터 ℓ=리터 l=리터 mL=밀리리터 ml=밀리리터 ㎖=밀리리터 ㎞=킬로미터 ㎝=센티미터 "
    "㎜=밀리미터 ㎏=킬로그램 ㎎=밀리그램 ㎡=제곱미터 m²=제곱미터 m2=제곱미터 ㎢=제곱킬로미터 "
    "km²=제곱킬로미터 km2=제곱킬로미터 ㎥=세제곱미터 m³=세제곱미터 ha=헥타르 kWh=킬로와트시 "
    "MWh=메가와트시 GWh=기가와트시 W=와트 kW=킬로와트 MW=메가와트 GW=기가와트 V=볼트 Hz=헤르츠 "
    "kHz=킬로헤르츠 MHz=메가헤르츠 GHz=기가헤르츠 KB=킬로바이트 MB=메가바이트 GB=기가바이트 "
    "TB=테라바이트 dB=데시벨 hPa=헥토파스칼 ppm=피피엠 kcal=킬로칼로리 cal=칼로리 mph=마일 "
    "Gbps=기가비피에스 Mbps=메가비피에스 cc=시시 ㏄=시시 μg=마이크로그램 ㎍=마이크로그램 "
    "㎍/㎥=마이크로그램퍼세제곱미터"
)
CURRENCIES = _pairs("$=달러 US$=달러 €=유로 £=파운드 ¥=엔 ₩=원 ￦=원 USD=달러 KRW=원 EUR=유로")
#: Names of the letters in 표준국어대사전.
LETTERS = _pairs(
    "A=에이 B=비 C=시 D=디 E=이 F=에프 G=지 H=에이치 I=아이 J=제이 K=케이 L=엘 M=엠 N=엔 O=오 "
    "P=피 Q=큐 R=아르 S=에스 T=티 U=유 V=브이 W=더블유 X=엑스 Y=와이 Z=제트"
)
#: Said as words (우리말샘, 외래어 표기 용례집).
SAID = _pairs(
    "NATO=나토 NASA=나사 UNESCO=유네스코 UNICEF=유니세프 FIFA=피파 OPEC=오펙 APEC=에이펙 "
    "ASEAN=아세안 AIDS=에이즈 KAIST=카이스트 POSCO=포스코 SARS=사스 MERS=메르스 KOTRA=코트라 "
    "COVID=코비드 LASER=레이저 RADAR=레이더 INTERPOL=인터폴 KOSPI=코스피 KOSDAQ=코스닥 "
    "NASDAQ=나스닥 UEFA=유에파 UFO=유에프오 OPEC+=오펙플러스 THAAD=사드 SUV=에스유브이"
)
#: Digits that follow letters as English words in product names: 5G, MP3, 4K.
ENGLISH_DIGITS = ("제로", "원", "투", "스리", "포", "파이브", "식스", "세븐", "에이트", "나인")
#: In these the digits are said in English (관용).
ENGLISH_NAMES = _pairs(
    "3G=스리지 4G=포지 5G=파이브지 6G=식스지 LTE=엘티이 4K=포케이 8K=에이트케이 MP3=엠피스리 "
    "MP4=엠피포 3D=스리디 2D=투디 4D=포디 G7=지세븐 G8=지에이트 B2B=비투비 B2C=비투시 "
    "PS5=피에스파이브 "
    "K2=케이투 1+1=원플러스원 2+1=투플러스원 R&D=아르앤디 M&A=엠앤에이 Q&A=큐앤에이 PT=피티 "
    "K-POP=케이팝 K-pop=케이팝 K팝=케이팝 K-뷰티=케이뷰티 e스포츠=이스포츠 IT=아이티"
)
PARTICLES = (
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("과", "와"),
    ("으로", "로"),
    ("이나", "나"),
    ("이란", "란"),
    ("이라고", "라고"),
    ("이며", "며"),
    ("이고", "고"),
)
