"""Which functions and methods give data: numbers, texts, times, lists, dicts, tables, arrays of these.

All of that has a form in which it goes from one process to another; what is not named here is taken to have
none.
"""

from .pure_names import SCALAR_BUILTINS, words

DATA_BUILTINS = SCALAR_BUILTINS | words(
    "bytearray dict divmod frozenset list max min print range set sorted sum tuple display"
)
PASSING_BUILTINS = words("enumerate filter iter map reversed zip next")
"""They give data one by one; the rest of it does not travel."""
DATA_ROOTS = words("math cmath statistics string textwrap calendar base64 html numpy json time")
"""Modules whose functions give data, but for what is named below and for classes."""
NO_DATA = words(
    "default_rng RandomState Generator SeedSequence vectorize frompyfunc nditer ndenumerate ndindex errstate"
    " poly1d memmap printoptions JSONEncoder JSONDecoder Template Formatter get_state TextCalendar"
)
DATA_FUNCTIONS = words(
    "re.findall re.sub re.subn re.split re.escape random.random random.randint random.choice random.choices"
    " random.sample random.uniform random.gauss random.randrange random.shuffle copy.copy copy.deepcopy"
    " uuid.uuid4 uuid.UUID os.getcwd os.listdir os.getenv os.environ.get os.cpu_count os.fspath glob.glob"
    " decimal.Decimal fractions.Fraction collections.Counter collections.OrderedDict collections.defaultdict"
    " collections.deque pathlib.Path datetime.datetime datetime.date datetime.timedelta datetime.time"
    " itertools.repeat functools.reduce unicodedata.normalize hashlib.new bisect.bisect bisect.bisect_left"
    " bisect.bisect_right heapq.nlargest heapq.nsmallest heapq.heappop heapq.heapify heapq.heappush"
    " difflib.get_close_matches secrets.token_hex zoneinfo.available_timezones operator.add operator.mul"
    " tempfile.mkdtemp shutil.copy os.makedirs os.remove bisect.insort random.seed warnings.warn"
)
DATA_PANDAS = words(
    "DataFrame Series Index DatetimeIndex RangeIndex MultiIndex Timestamp Timedelta Categorical Period"
    " concat merge merge_asof merge_ordered to_datetime to_numeric to_timedelta date_range bdate_range"
    " period_range timedelta_range interval_range cut qcut get_dummies from_dummies crosstab pivot_table"
    " pivot melt wide_to_long json_normalize isna isnull notna notnull unique value_counts factorize read_csv"
    " read_parquet read_json read_excel read_table read_feather read_pickle read_fwf read_html read_xml"
    " read_sql read_sql_query read_sql_table from_records from_dict from_product from_tuples from_arrays"
    " from_frame now today"
)
PASSING_ROOTS = words("itertools csv")
"""Their functions give data one by one."""
PASSING_METHODS = words(
    "groupby rolling resample expanding ewm iterrows itertuples items keys values finditer group_by"
)
"""Methods of data that give something that does not travel, but gives data."""
PASSING_ATTRIBUTES = words("str dt cat loc iloc at iat sparse flat")
NO_DATA_METHODS = words(
    "plot hist boxplot pipe style __enter__ __iter__ lazy open cursor connect thread"
)
DATA_METHODS = words(
    "df fetchall fetchone fetchmany fetchdf fetchnumpy to_df json hexdigest digest read readline readlines"
    " read_text read_bytes exists is_file is_dir tolist to_list to_dict item predict predict_proba"
    " score group groups groupdict getvalue to_csv to_json to_pandas splitlines isoformat strftime"
    " total_seconds result"
)
"""Methods that give data, whatever they are methods of: so they are understood everywhere."""
FILLING_METHODS = words("append add insert extend update setdefault appendleft put")
DATA_ATTRIBUTES = words("math cmath numpy string sys pandas os.sep os.linesep os.environ")
OF_FUNCTIONS = words("math cmath numpy pandas")
"""Modules whose attributes are functions, but for the numbers."""
NUMBERS = words("pi e tau inf nan infj nanj euler_gamma newaxis")
ODD_ARRAYS = ("numpy.ma.", "numpy.rec.", "numpy.char.", "numpy.matrix")
