using SockTrace.Doctor;

namespace SockTrace.Tests.Doctor;

/// <summary>Facts out of what the kernel prints.</summary>
public sealed class ExaminationTests
{
    [Theory]
    [InlineData("[none] integrity confidentiality", null, "none")]
    [InlineData("none [integrity] confidentiality", "lockdown=confidentiality", "integrity")]
    [InlineData("none integrity [confidentiality]", null, "confidentiality")]
    [InlineData(null, "console=ttyS0 lockdown=confidentiality quiet", "confidentiality")]
    [InlineData(null, "quiet", null)]
    [InlineData(null, null, null)]
    public void LockdownIsWhatTheFileSaysOrElseTheCommandLine(string? file, string? commandLine, string? expected) =>
        Assert.Equal(expected, Examination.LockdownOf(file, commandLine));

    [Theory]
    [InlineData("22 1 0:21 / /proc rw,nosuid shared:5 - proc proc rw,gid=4,hidepid=2", "2")]
    [InlineData("22 1 0:21 / /proc rw,relatime - proc proc rw,hidepid=invisible", "invisible")]
    [InlineData("22 1 0:21 / /proc rw,relatime - proc proc rw", null)]
    [InlineData("22 1 0:21 / /jail/proc rw,relatime - proc proc rw,hidepid=2", null)]
    [InlineData("22 1 0:21 / /proc rw - proc proc rw,hidepid=2\n30 22 0:21 / /proc rw - proc proc rw", null)]
    [InlineData(null, null)]
    public void HidePidIsThatOfWhatLiesOnTop(string? mountInfo, string? expected) => Assert.Equal(expected, Examination.HidePidOf(mountInfo));
}
