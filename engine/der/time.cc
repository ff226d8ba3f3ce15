#include "engine/der/time.h"

namespace chainkeep::der {
namespace {

// Two decimal digits at `at`, or -1.
int TwoDigits(Bytes text, size_t at) {
  const unsigned tens = text[at] - unsigned{'0'};
  const unsigned ones = text[at + 1] - unsigned{'0'};
  if (tens > 9 || ones > 9) return -1;
  return static_cast<int>(tens * 10 + ones);
}

// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, counted
// in eras of 400 years that begin on 1 March, so that a leap day comes last.
int64_t DaysFromCivil(int year, int month, int day) {
  const int64_t y = year - (month <= 2 ? 1 : 0);
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year =
      (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  constexpr int64_t kDaysPerEra = 146097;
  constexpr int64_t kDaysTo1970 = 719468;
  return era * kDaysPerEra + day_of_era - kDaysTo1970;
}

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

}  // namespace

bool ParseTime(Tag tag, Bytes contents, UnixSeconds* time) {
  size_t at;
  int year;
  if (tag == kUtcTime && contents.size() == 13) {
    year = TwoDigits(contents, 0);
    if (year < 0) return false;
    year += year < 50 ? 2000 : 1900;
    at = 2;
  } else if (tag == kGeneralizedTime && contents.size() == 15) {
    const int century = TwoDigits(contents, 0);
    year = TwoDigits(contents, 2);
    if (century < 0 || year < 0) return false;
    year += century * 100;
    at = 4;
  } else {
    return false;
  }
  const int month = TwoDigits(contents, at);
  const int day = TwoDigits(contents, at + 2);
  const int hour = TwoDigits(contents, at + 4);
  const int minute = TwoDigits(contents, at + 6);
  const int second = TwoDigits(contents, at + 8);
  if (contents[at + 10] != 'Z' || month < 1 || month > 12 || day < 1 ||
      day > DaysInMonth(year, month) || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 59) {
    return false;
  }
  *time = ((DaysFromCivil(year, month, day) * 24 + hour) * 60 + minute) * 60 +
          second;
  return true;
}

bool ReadTime(Cursor& cursor, UnixSeconds* time) {
  const Tag tag = cursor.NextIs(kUtcTime) ? kUtcTime : kGeneralizedTime;
  Bytes contents;
  size_t size;
  if (!cursor.Peek(tag, &contents, &size) || !ParseTime(tag, contents, time)) {
    return false;
  }
  cursor.Skip(size);
  return true;
}

}  // namespace chainkeep::der
