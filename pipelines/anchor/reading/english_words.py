"""What English readings are made of: months, units, currencies, abbreviations, acronyms."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _table(text: str) -> dict[str, str]:
    """Entries ``short=long words`` parted by semicolons."""
    found = {}
    for entry in text.split(";"):
        short, _, words = entry.partition("=")
        found[short] = words
    return found


MONTHS = _words(
    "January February March April May June July August September October November December"
)
SHORT_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Sept": 9,
    "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
#: Symbol -> unit in the singular, in the plural, its hundredth in both.
CURRENCIES = {
    "US$": ("US dollar", "US dollars", "cent", "cents"),
    "A$": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "C$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "", ""),
    "₩": ("won", "won", "", ""),
}
_UNITS = _table(
    "km=kilometer;m=meter;cm=centimeter;mm=millimeter;kg=kilogram;g=gram;mg=milligram;lb=pound;"
    "lbs=pound;oz=ounce;mi=mile;ft=foot;yd=yard;mL=milliliter;ml=milliliter;L=liter;ha=hectare;"
    "hr=hour;hrs=hour;min=minute;sec=second;GB=gigabyte;MB=megabyte;TB=terabyte;KB=kilobyte;"
    "kW=kilowatt;MW=megawatt;GW=gigawatt;W=watt;kWh=kilowatt hour;MWh=megawatt hour;V=volt;"
    "dB=decibel;gal=gallon;sq mi=square mile;sq km=square kilometer;sq ft=square foot;"
    "km²=square kilometer;m²=square meter;ft²=square foot;m³=cubic meter;in.=inch;ft.=foot;"
    "lb.=pound;lbs.=pound;oz.=ounce"
)
#: Of which the plural is the singular.
_UNCHANGING = _table(
    "kHz=kilohertz;MHz=megahertz;GHz=gigahertz;Hz=hertz;mph=miles per hour;"
    "km/h=kilometers per hour;kph=kilometers per hour;m/s=meters per second;rpm=R P M;"
    "bpm=beats per minute;ppm=parts per million;fps=frames per second;psi=P S I"
)
_ODD_PLURALS = {"foot": "feet", "square foot": "square feet", "inch": "inches"}
UNITS: dict[str, tuple[str, str]] = {k: (v, v) for k, v in _UNCHANGING.items()} | {
    k: (v, _ODD_PLURALS.get(v, v + "s")) for k, v in _UNITS.items()
}
UNITS["mph"] = ("mile per hour", "miles per hour")
UNITS["km/h"] = UNITS["kph"] = ("kilometer per hour", "kilometers per hour")

#: Titles before a name (AP: abbreviated in writing, said in full).
TITLES = _table(
    "Mr.=Mister;Mrs.=Missus;Ms.=Miz;Dr.=Doctor;Prof.=Professor;Gov.=Governor;Sen.=Senator;"
    "Sens.=Senators;Rep.=Representative;Reps.=Representatives;Gen.=General;Col.=Colonel;"
    "Maj.=Major;Capt.=Captain;Lt.=Lieutenant;Sgt.=Sergeant;Cpl.=Corporal;Pvt.=Private;"
    "Adm.=Admiral;Cmdr.=Commander;Rev.=Reverend;Hon.=Honorable;Fr.=Father;Pres.=President;"
    "Supt.=Superintendent;Mt.=Mount;Ft.=Fort;St.=Saint;Ste.=Sainte"
)
#: After a name.
SUFFIXES = _table(
    "Jr.=Junior;Sr.=Senior;St.=Street;Ave.=Avenue;Blvd.=Boulevard;Rd.=Road;Dr.=Drive;Ln.=Lane;"
    "Ct.=Court;Pl.=Place;Sq.=Square;Hwy.=Highway;Inc.=Incorporated;Corp.=Corporation;Co.=Company;"
    "Ltd.=Limited;Bros.=Brothers;Esq.=Esquire"
)
#: Anywhere.
ABBREVIATIONS = _table(
    "vs.=versus;v.=versus;etc.=et cetera;e.g.=for example;i.e.=that is;approx.=approximately;"
    "est.=estimated;dept.=department;Dept.=Department;Univ.=University;govt.=government;"
    "Govt.=Government;Assn.=Association;min.=minimum;max.=maximum;misc.=miscellaneous;"
    "avg.=average;w/o=without;w/=with;cf.=compare;Ph.D.=P H D;M.D.=M D;B.A.=B A;B.C.=B C;A.D.=A D;"
    "U.S.=U S;U.K.=U K;U.N.=U N;E.U.=E U;D.C.=D C;L.A.=L A;N.Y.=N Y;U.S.A.=U S A;"
    "a.k.a.=A K A;R.I.P.=R I P"
)
#: Acronyms that are said as words (Merriam-Webster gives them a pronunciation of their own).
SAID = _table(
    "NASA=Nasa;NATO=Nato;UNESCO=Unesco;UNICEF=Unicef;FIFA=Fifa;OPEC=Opec;ASEAN=Ahseeahn;AIDS=Aids;"
    "LASER=laser;RADAR=radar;SCUBA=scuba;NAFTA=Nafta;OSHA=Osha;FEMA=Feema;DACA=Dahca;SWAT=swat;"
    "COVID=Covid;SARS=Sars;MERS=Mers;UEFA=U wayfa;NOAA=Noah;NASCAR=Nascar;NASDAQ=Nasdaq;"
    "SAT=S A T;POTUS=Potus;SCOTUS=Scotus;GIF=gif;PIN=pin;SIM=sim;APEC=Aypec;BRICS=Bricks;"
    "CERN=Sern;JPEG=jay peg;DARPA=Darpa;HIPAA=hippa;ICE=Ice;MASH=mash;WASP=wasp;NIMBY=nimby;"
    "YOLO=yolo;ISIS=Isis;HAMAS=Hamas;IKEA=Ikea;LEGO=Lego;VISA=Visa"
)
#: Words that are written in capitals and are no acronyms, and single letters that are words.
NOT_ACRONYMS = frozenset({"I", "A", "O", "OK"})
#: Nouns whose Roman or Arabic number is a plain one: World War II, Chapter IV, Super Bowl LVIII.
NUMBERED = _words(
    "War Chapter Part Act Volume Book Bowl Phase Type Class Level Title Article Section Apollo "
    "Mark Grade Stage Category Episode Rocky Final Fantasy Olympiad Division Group Appendix"
)
#: Heads of names whose number is told in pairs: Flight 370 is three seventy.
NAMED = _words(
    "Boeing Flight flight Airbus Highway highway Route route Interstate Channel Room room Area "
    "Bus Studio Precinct"
)
#: What a number before it is no year.
COUNTED = _words(
    "people men women children feet soldiers troops jobs homes miles dollars students pounds "
    "tons tonnes years days hours workers cases points deaths police sheep households"
)
#: Names of rulers: a single letter behind them is a numeral too (``Charles I``).
REGNAL = _words(
    "Elizabeth Charles Henry George William Edward James Louis Philip Francis John Paul Pius "
    "Benedict Leo Gregory Clement Catherine Peter Nicholas Alexander Napoleon Ferdinand Richard "
    "Mary Frederick Wilhelm Carlos Juan"
)
